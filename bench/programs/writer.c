/* writer MIB PID: as memory, but it writes to another page every millisecond. */
#include "begin.h"
#include "pages.h"

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	int end = begin_at(atoi(argv[2]));
	size_t size = (size_t)atoi(argv[1]) << 20;
	char *pages = (char *)make_pages(size);
	say_ready(end);
	for (size_t at = 0;; at = (at + 4096) % size) {
		pages[at]++;
		usleep(1000);
	}
}
