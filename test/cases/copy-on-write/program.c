/*
 * Memory that a child and a grandchild inherit. Some of it is changed, unmapped, moved, protected or dropped by one of the tasks. Two siblings
 * share memory.
 */
#include "../case.h"

#define PAGE 4096UL
#define PAGES 256UL

static char *shared;

/* The line in which a task reports what it finds. */
static char *report(int who)
{
	return shared + PAGE + who * 512;
}

static void answer(int who)
{
	__atomic_fetch_add((int *)shared, 1, __ATOMIC_SEQ_CST);
	while (strcmp(shared + 16, "go") != 0)
		usleep(1000);
	(void)who;
}

static void await_count(int count)
{
	while (__atomic_load_n((int *)shared, __ATOMIC_SEQ_CST) < count)
		usleep(1000);
}

/* Counts the pages with the expected content. */
static int right(char *memory, int from, int to, int value)
{
	int good = 0;
	for (int n = from; n < to; n++)
		good += memory[n * PAGE] == value && memory[n * PAGE + PAGE - 1] == value;
	return good;
}

/* Kilobytes that other tasks share, in the mapping at an address. */
static long shared_with_others(char *memory)
{
	char line[512];
	unsigned long start, end, at = (unsigned long)memory;
	long kilobytes = -1, inside = 0;
	FILE *smaps = fopen("/proc/self/smaps", "r");
	while (kilobytes < 0 && fgets(line, sizeof line, smaps)) {
		if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
			inside = start <= at && at < end;
		if (inside)
			sscanf(line, "Shared_Dirty: %ld kB", &kilobytes);
	}
	fclose(smaps);
	return kilobytes;
}

/* Keeps the mapping apart from others, so that the kernel does not merge them. */
static char *map_apart(void)
{
	char *place = mmap(NULL, (PAGES + 2) * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	MUST(place != MAP_FAILED && mprotect(place + PAGE, PAGES * PAGE, PROT_READ | PROT_WRITE) == 0);
	return place + PAGE;
}

int main(void)
{
	shared = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	MUST(shared != MAP_FAILED);
	char *memory = map_apart();
	char *second = map_apart();
	char *third = map_apart();
	int file = open("file", O_RDWR | O_CREAT, 0600);
	MUST(file >= 0 && ftruncate(file, PAGES * PAGE) == 0);
	char *mapped = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
	MUST(mapped != MAP_FAILED);
	memset(memory, 'p', PAGES * PAGE);
	memset(second, 'p', PAGES * PAGE);
	memset(third, 'p', PAGES * PAGE);
	memset(mapped, 'p', PAGES / 2 * PAGE);
	MUST(mprotect(third, PAGES * PAGE, PROT_READ) == 0);
	pid_t child = fork();
	MUST(child >= 0);
	if (child == 0) {
		memset(memory + 100 * PAGE, 'c', 50 * PAGE);
		memset(mapped + 200 * PAGE, 'c', 10 * PAGE);
		MUST(munmap(second + 10 * PAGE, 20 * PAGE) == 0);
		MUST(madvise(second + 50 * PAGE, 10 * PAGE, MADV_DONTNEED) == 0);
		pid_t grandchild = fork();
		MUST(grandchild >= 0);
		if (grandchild == 0) {
			memset(memory + 120 * PAGE, 'g', 10 * PAGE);
			char *moved = mremap(second + 100 * PAGE, 50 * PAGE, 80 * PAGE, MREMAP_MAYMOVE);
			MUST(moved != MAP_FAILED);
			MUST(mprotect(third + 100 * PAGE, 50 * PAGE, PROT_READ | PROT_WRITE) == 0);
			memset(third + 110 * PAGE, 'g', 10 * PAGE);
			/* A shared mapping replaces inherited memory. */
			char *other = mmap(memory + 200 * PAGE, 10 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
			MUST(other == memory + 200 * PAGE);
			memset(other, 'o', 10 * PAGE);
			answer(2);
			snprintf(report(2), 500, "%d %d %d %d %d %d %d %d %d", right(memory, 0, 100, 'p'), right(memory, 100, 120, 'c'), right(memory, 120, 130, 'g'),
				 right(memory, 130, 150, 'c'), right(memory, 200, 210, 'o'), right(moved, 0, 50, 'p'), right(moved, 50, 80, 0),
				 right(third, 110, 120, 'g') + right(third, 120, 256, 'p'), right(mapped, 200, 210, 'c'));
			__atomic_fetch_add((int *)shared, 1, __ATOMIC_SEQ_CST);
			for (;;)
				pause();
		}
		await_count(1);
		answer(1);
		snprintf(report(1), 500, "%d %d %d %d %d %d", right(memory, 0, 100, 'p'), right(memory, 100, 150, 'c'), right(second, 50, 60, 0),
			 right(second, 60, 256, 'p'), right(mapped, 200, 210, 'c'), right(mapped, 0, 128, 'p'));
		__atomic_fetch_add((int *)shared, 1, __ATOMIC_SEQ_CST);
		for (;;)
			pause();
	}
	pid_t sibling = fork();
	MUST(sibling >= 0);
	if (sibling == 0) {
		MUST(munmap(memory, PAGES * PAGE) == 0 && munmap(third, PAGES * PAGE) == 0);
		await_count(2);
		answer(3);
		snprintf(report(3), 500, "%d", right(second, 0, 256, 'p'));
		__atomic_fetch_add((int *)shared, 1, __ATOMIC_SEQ_CST);
		for (;;)
			pause();
	}
	await_count(3);
	memset(second + 200 * PAGE, 'P', PAGE);
	long before = shared_with_others(memory), before_third = shared_with_others(third);
	wait_for_restore();
	long after = shared_with_others(memory), after_third = shared_with_others(third);
	CHECK(before > 0 && after == before, "%ld kB shared with others, before %ld", after, before);
	CHECK(before_third > 0 && after_third == before_third, "%ld kB of the third shared with others, before %ld", after_third, before_third);
	strcpy(shared + 16, "go");
	for (int n = 0; n < 2000 && __atomic_load_n((int *)shared, __ATOMIC_SEQ_CST) < 6; n++)
		usleep(1000);
	CHECK(right(memory, 0, 256, 'p') == 256, "the parent's memory has %d of 256", right(memory, 0, 256, 'p'));
	CHECK(right(second, 0, 200, 'p') + right(second, 200, 201, 'P') + right(second, 201, 256, 'p') == 256, "the parent's second memory");
	CHECK(right(mapped, 0, 128, 'p') + right(mapped, 128, 256, 0) == 256, "the parent's file");
	CHECK(strcmp(report(1), "100 50 10 196 10 128") == 0, "the child has %s", report(1));
	CHECK(strcmp(report(2), "100 20 10 20 10 50 30 146 10") == 0, "the grandchild has %s", report(2));
	CHECK(strcmp(report(3), "256") == 0, "the sibling has %s", report(3));
	finish();
	return kill(0, SIGKILL);
}
