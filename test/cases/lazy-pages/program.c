/* Memory that comes while the program moves, drops, protects and inherits it, and while several threads wait for it. */
#include "../case.h"
#include <pthread.h>

#define PAGE 4096UL
#define PAGES 512UL
#define THREADS 4

static char *shared_by_threads;

static char *map(unsigned long pages)
{
	char *memory = mmap(NULL, (pages + 2) * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	MUST(memory != MAP_FAILED && mprotect(memory + PAGE, pages * PAGE, PROT_READ | PROT_WRITE) == 0);
	memory += PAGE;
	for (unsigned long n = 0; n < pages; n++)
		*(unsigned long *)(memory + n * PAGE) = n + 1;
	return memory;
}

/* Counts the pages of [from, to) that have the content of the pages from `first` on. */
static unsigned long right(char *memory, unsigned long from, unsigned long to, unsigned long first)
{
	unsigned long good = 0;
	for (unsigned long n = from; n < to; n++)
		good += *(volatile unsigned long *)(memory + n * PAGE) == first + n - from + 1;
	return good;
}

static void *read_all(void *result)
{
	*(unsigned long *)result = right(shared_by_threads, 0, PAGES, 0);
	return NULL;
}

/* Several threads at once. */
static void check_threads(void)
{
	pthread_t threads[THREADS];
	unsigned long results[THREADS] = { 0 };
	for (int n = 0; n < THREADS; n++)
		MUST(pthread_create(&threads[n], NULL, read_all, &results[n]) == 0);
	for (int n = 0; n < THREADS; n++) {
		pthread_join(threads[n], NULL);
		CHECK(results[n] == PAGES, "thread %d found %lu pages", n, results[n]);
	}
}

/* A child inherits what has come and what has not. */
static void check_child(char *memory)
{
	int status = -1;
	memory[7 * PAGE + 100] = 'p';
	pid_t child = fork();
	MUST(child >= 0);
	if (child == 0) {
		pid_t grandchild = fork();
		if (grandchild == 0)
			_exit(right(memory, 0, PAGES, 0) == PAGES ? 0 : 1);
		int ended = -1;
		waitpid(grandchild, &ended, 0);
		_exit(ended == 0 && memory[7 * PAGE + 100] == 'p' && right(memory, 0, PAGES, 0) == PAGES ? 0 : 1);
	}
	unsigned long good = right(memory, 0, PAGES, 0);
	CHECK(good == PAGES, "the parent found %lu pages", good);
	waitpid(child, &status, 0);
	CHECK(status == 0, "the child ended with %x", status);
}

int main(void)
{
	char *moved = map(PAGES), *grown = map(PAGES), *holed = map(PAGES), *dropped = map(PAGES);
	char *parted = map(PAGES), *inherited = map(PAGES), *written = map(PAGES);
	shared_by_threads = map(PAGES);
	MUST(mprotect(written, PAGES * PAGE, PROT_READ) == 0);
	wait_for_restore();

	char *place = mmap(NULL, PAGES * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *there = mremap(moved, PAGES * PAGE, PAGES * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, place);
	CHECK(there == place && right(there, 0, PAGES, 0) == PAGES, "moved memory has other content");

	char *larger = mremap(grown, PAGES * PAGE, 2 * PAGES * PAGE, MREMAP_MAYMOVE);
	CHECK(larger != MAP_FAILED && right(larger, 0, PAGES, 0) == PAGES, "grown memory has other content");
	CHECK(larger[PAGES * PAGE] == 0 && larger[(2 * PAGES - 1) * PAGE] == 0, "grown memory is not zero at its end");

	CHECK(munmap(holed + 10 * PAGE, 20 * PAGE) == 0, "munmap");
	char *again = mmap(holed + 10 * PAGE, 20 * PAGE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	CHECK(again == holed + 10 * PAGE && again[0] == 0 && again[19 * PAGE] == 0, "memory that was mapped again is not zero");
	CHECK(right(holed, 0, 10, 0) == 10 && right(holed, 30, PAGES, 30) == PAGES - 30, "memory around a hole has other content");

	CHECK(madvise(dropped + PAGE, 100 * PAGE, MADV_DONTNEED) == 0, "madvise");
	CHECK(dropped[PAGE] == 0 && dropped[100 * PAGE] == 0, "dropped memory is not zero");
	CHECK(right(dropped, 0, 1, 0) == 1 && right(dropped, 101, PAGES, 101) == PAGES - 101, "memory around dropped memory has other content");

	for (unsigned long n = 1; n < PAGES; n += 32)
		CHECK(mprotect(parted + n * PAGE, PAGE, PROT_READ) == 0, "mprotect");
	CHECK(right(parted, 0, PAGES, 0) == PAGES, "memory in parts has other content");
	CHECK(right(written, 0, PAGES, 0) == PAGES, "memory that cannot be written has other content");

	check_child(inherited);
	check_threads();
	return finish();
}
