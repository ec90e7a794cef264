/* A process with as many mappings as vm.max_map_count allows. */
#include "../../cases/case.h"

#define PAGE 4096UL

/* Neighbours with the same protection would be one mapping. */
static const int protections[] = { PROT_READ, PROT_NONE };

static char *map_one(char *address, int n)
{
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE;
	return mmap(address, PAGE, protections[n % 2], flags, -1, 0);
}

int main(void)
{
	char *free_range = (char *)0x200000000000;
	int count = 0;
	while (map_one(free_range + count * PAGE, count) != MAP_FAILED)
		count++;
	MUST(errno == ENOMEM && count > 1000);
	wait_for_restore();
	char *another = map_one(free_range + count * PAGE, count);
	CHECK(another == MAP_FAILED && errno == ENOMEM, "there is room for another mapping");
	MUST(munmap(free_range + (count - 1) * PAGE, PAGE) == 0);
	MUST(map_one(free_range + (count - 1) * PAGE, count - 1) != MAP_FAILED);
	another = map_one(free_range + count * PAGE, count);
	CHECK(another == MAP_FAILED && errno == ENOMEM, "there were fewer mappings than before");
	return finish();
}
