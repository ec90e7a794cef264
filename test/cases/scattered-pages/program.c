/* A mapping whose own pages are in more than 512 runs, which PAGEMAP_SCAN reports in several parts. */
#include "../case.h"

#define PAGE 4096UL
#define COUNT 5000

int main(void)
{
	char *memory = mmap(NULL, COUNT * 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	MUST(memory != MAP_FAILED);
	madvise(memory, COUNT * 2 * PAGE, MADV_NOHUGEPAGE);
	for (int n = 0; n < COUNT; n++)
		memcpy(memory + n * 2 * PAGE, &n, sizeof n);
	wait_for_restore();
	int wrong = 0;
	for (int n = 0; n < COUNT; n++)
		wrong += memcmp(memory + n * 2 * PAGE, &n, sizeof n) != 0 || memory[n * 2 * PAGE + PAGE] != 0;
	CHECK(wrong == 0, "%d of %d pages are wrong", wrong, COUNT);
	return finish();
}
