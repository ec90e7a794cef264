/* Mappings at the lowest and the highest possible address, and around the stack. */
#include "../case.h"

#define PAGE 4096UL

static char *map(unsigned long at, size_t length)
{
	char *memory = mmap((void *)at, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	MUST(memory == (char *)at);
	memset(memory, 'x', length);
	return memory;
}

int main(void)
{
	unsigned long places[] = { 0x10000, 0x400000, 0x10000000, 0x100000000, 0x10000000000, 0x200000000000, 0x3ffffffff000, 0x7ffffffed000, 0x7ffffffee000 };
	int count = sizeof places / sizeof *places;
	char *memory[16];
	for (int n = 0; n < count; n++)
		memory[n] = map(places[n], PAGE);
	/* Occupies the addresses below the top that a restore might use. */
	char *wide = mmap((void *)0x500000000000, 1UL << 42, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
	MUST(wide == (void *)0x500000000000);
	wait_for_restore();
	for (int n = 0; n < count; n++)
		CHECK(memory[n][0] == 'x' && memory[n][PAGE - 1] == 'x', "memory at %p", memory[n]);
	return finish();
}
