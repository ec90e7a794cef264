/* Memory of a parent and a child that changes between dumps: written, dropped, unmapped, mapped again, moved. */
#include "../case.h"

#define PAGE 4096UL
#define PAGES 300UL

static char *memory, *moving, *shared, *fresh;
static volatile int round, wanted;
static pid_t child;

static void fill(char *at, int from, int to, int value)
{
	for (int n = from; n < to; n++)
		memset(at + n * PAGE, value + n % 7, PAGE);
}

static int right(char *at, int from, int to, int value)
{
	int good = 0;
	for (int n = from; n < to; n++)
		good += at[n * PAGE] == value + n % 7 && at[n * PAGE + PAGE - 1] == value + n % 7;
	return good;
}

static char *map(int flags)
{
	char *place = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);
	MUST(place != MAP_FAILED);
	return place;
}

static void on_usr1(int signal)
{
	wanted++;
	(void)signal;
}

/* Changes memory, once in each round. */
static void change(int is_child)
{
	if (is_child)
		fill(memory, 50 + round * 10, 60 + round * 10, 'a' + 13 + round);
	else
		fill(memory, 100 + round * 10, 110 + round * 10, 'A' + round);
	if (!is_child)
		fill(shared, round * 20, round * 20 + 10, 'A' + round);
	if (round == 0)
		MUST(madvise(memory + 200 * PAGE, 20 * PAGE, MADV_DONTNEED) == 0);
	if (round == 1) {
		MUST(munmap(memory + 250 * PAGE, 20 * PAGE) == 0);
		fresh = map(MAP_PRIVATE);
		fill(fresh, 0, 100, '0');
		moving = mremap(moving, PAGES * PAGE, PAGES * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, map(MAP_PRIVATE));
		MUST(moving != MAP_FAILED);
		fill(moving, 5, 10, '5');
	}
	round++;
}

static void stay(int is_child)
{
	char name[32];
	struct timespec pause = { 0, 2000000 };
	while (access("go", F_OK) != 0) {
		if (round < wanted) {
			if (!is_child)
				kill(child, SIGUSR1);
			change(is_child);
			snprintf(name, sizeof name, "changed-%s-%d", is_child ? "child" : "parent", round);
			put(name, "");
		}
		nanosleep(&pause, NULL);
	}
}

static void check(int is_child)
{
	const char *who = is_child ? "child" : "parent";
	int own = is_child ? 50 : 100, other = is_child ? 'a' + 13 : 'A';
	for (int n = 0; n < 2; n++)
		CHECK(right(memory, own + n * 10, own + n * 10 + 10, other + n) == 10, "%s: round %d", who, n);
	CHECK(right(memory, 0, 50, 'a') == 50 && right(memory, 130, 200, 'a') == 70 && right(memory, 220, 250, 'a') == 30 && right(memory, 270, 300, 'a') == 30,
	      "%s: what has not changed", who);
	for (int n = 200; n < 220; n++)
		if (memory[n * PAGE] != 0) {
			CHECK(0, "%s: page %d was dropped", who, n);
			break;
		}
	CHECK(right(fresh, 0, 100, '0') == 100, "%s: new memory", who);
	CHECK(right(moving, 0, 5, 'm') == 5 && right(moving, 5, 10, '5') == 5 && right(moving, 10, 300, 'm') == 290, "%s: moved memory", who);
	CHECK(right(shared, 0, 10, 'A') == 10 && right(shared, 20, 30, 'B') == 10 && right(shared, 40, 300, 's') == 260, "%s: shared memory", who);
}

int main(void)
{
	signal(SIGUSR1, on_usr1);
	memory = map(MAP_PRIVATE);
	moving = map(MAP_PRIVATE);
	shared = map(MAP_SHARED);
	fill(memory, 0, PAGES, 'a');
	fill(moving, 0, PAGES, 'm');
	fill(shared, 0, PAGES, 's');
	child = fork();
	MUST(child >= 0);
	if (child == 0) {
		stay(1);
		check(1);
		put("child", failures);
		exit(0);
	}
	put("ready", "");
	stay(0);
	waitpid(child, NULL, 0);
	check(0);
	int fd = open("child", O_RDONLY);
	ssize_t length = read(fd, failures + strlen(failures), 1000);
	CHECK(length >= 0, "the child says nothing");
	return finish();
}
