/* memory MIB PID: one task with that pid and MIB of anonymous memory, in which no two pages are equal. */
#include "begin.h"
#include "pages.h"

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	int end = begin_at(atoi(argv[2]));
	make_pages((size_t)atoi(argv[1]) << 20);
	say_ready(end);
	for (;;)
		pause();
}
