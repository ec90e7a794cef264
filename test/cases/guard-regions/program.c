/* Guard regions (MADV_GUARD_INSTALL) inside mappings of a parent, and different ones of its child. */
#include "../case.h"
#include <setjmp.h>

#define PAGE 4096
static sigjmp_buf back;

static void on_fault(int signal)
{
	(void)signal;
	siglongjmp(back, 1);
}

static int faults(volatile char *at)
{
	if (sigsetjmp(back, 1))
		return 1;
	(void)*at;
	return 0;
}

int main(void)
{
	signal(SIGSEGV, on_fault);
	char *memory = mmap(NULL, 16 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	MUST(memory != MAP_FAILED);
	memset(memory, 'm', 16 * PAGE);
	MUST(madvise(memory + 4 * PAGE, 2 * PAGE, 102 /* MADV_GUARD_INSTALL */) == 0);
	int to_child[2], from_child[2];
	MUST(pipe(to_child) == 0 && pipe(from_child) == 0);
	pid_t child = fork();
	MUST(child >= 0);
	if (child == 0) {
		MUST(madvise(memory + 4 * PAGE, 2 * PAGE, 103 /* MADV_GUARD_REMOVE */) == 0);
		MUST(madvise(memory + 10 * PAGE, PAGE, 102) == 0);
		char found[17] = "", byte;
		MUST(write(from_child[1], "r", 1) == 1 && read(to_child[0], &byte, 1) == 1);
		for (int n = 0; n < 16; n++)
			found[n] = faults(memory + n * PAGE) ? 'g' : memory[n * PAGE] ? memory[n * PAGE] : '0';
		MUST(write(from_child[1], found, 16) == 16);
		exit(0);
	}
	char byte;
	MUST(read(from_child[0], &byte, 1) == 1);
	wait_for_restore();
	char found[17] = "";
	for (int n = 0; n < 16; n++)
		found[n] = faults(memory + n * PAGE) ? 'g' : memory[n * PAGE];
	CHECK(strcmp(found, "mmmmggmmmmmmmmmm") == 0, "the parent has %s", found);
	memset(found, 0, sizeof found);
	CHECK(write(to_child[1], "g", 1) == 1 && read(from_child[0], found, 16) == 16, "the child is silent");
	CHECK(strcmp(found, "mmmm00mmmmgmmmmm") == 0, "the child has %s", found);
	return finish();
}
