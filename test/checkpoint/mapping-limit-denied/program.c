/* A process that can map one more page, and must not have memory that is writable and executable: a checkpoint needs two mappings. */
#include "../../cases/case.h"
#include <sys/prctl.h>

#define PAGE 4096UL

static int count_mappings(void)
{
	int maps = open("/proc/self/maps", O_RDONLY), count = 0;
	char text[4096];
	for (ssize_t length; (length = read(maps, text, sizeof text)) > 0;)
		for (ssize_t n = 0; n < length; n++)
			count += text[n] == '\n';
	close(maps);
	return count;
}

int main(void)
{
	char *free_range = (char *)0x200000000000;
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, count = 0;
	while (mmap(free_range + count * PAGE, PAGE, count % 2 ? PROT_NONE : PROT_READ, flags, -1, 0) != MAP_FAILED)
		count++;
	MUST(errno == ENOMEM && munmap(free_range + (count - 1) * PAGE, PAGE) == 0);
	MUST(prctl(65 /* PR_SET_MDWE */, 1, 0, 0, 0) == 0);
	int before = count_mappings();
	wait_for_restore();
	int after = count_mappings();
	CHECK(after == before, "%d mappings, and %d before", after, before);
	return finish();
}
