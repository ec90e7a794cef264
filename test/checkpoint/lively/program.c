/*
 * A parent and a child that write to all of their memory all the time. Each page gets the number of the round, in order, so memory that is not of one moment
 * shows. They have no other children and get no SIGCHLD while they run.
 */
#include "../../cases/case.h"
#include <pthread.h>
#include <sys/prctl.h>

#define PAGE 4096UL
#define PAGES 6144UL
#define KEPT 300UL

/* Shared memory: what is wrong, and the round of each writer, which begins here before it begins in private memory. */
static struct {
	char wrong[256];
	volatile unsigned long rounds[2];
} *shared;

static char *memory, *unforked, *wiped;
static volatile int done, signals;

#define RIGHT(condition, ...) \
	do { \
		if (!(condition) && !shared->wrong[0]) \
			snprintf(shared->wrong, sizeof shared->wrong, __VA_ARGS__); \
	} while (0)

static void on_sigchld(int signal)
{
	(void)signal;
	signals++;
}

static char *map(unsigned long pages, int flags)
{
	char *place = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);
	MUST(place != MAP_FAILED);
	return place;
}

static void *write_rounds(void *argument)
{
	int who = argument != NULL;
	struct timespec pause = { 0, 500000 };
	for (unsigned long round = 1; !done; round++) {
		shared->rounds[who] = round;
		for (unsigned long n = 0; n < PAGES && !done; n++) {
			volatile unsigned long *word = (void *)(memory + n * PAGE);
			RIGHT(*word == round - 1, "writer %d: page %lu is of round %lu, in round %lu", who, n, *word, round);
			RIGHT(shared->rounds[who] == round, "writer %d: round %lu, shared %lu", who, round, shared->rounds[who]);
			*word = round;
			if (n % 512 == 0)
				nanosleep(&pause, NULL);
		}
	}
	return NULL;
}

/* Ends the writer, and looks whether there is a child that nobody made. */
static void check(pthread_t writer, const char *who, int children)
{
	int status;
	RIGHT(signals == 0, "%s: %d SIGCHLD", who, signals);
	int found = waitpid(-1, &status, WNOHANG | __WALL);
	RIGHT(children ? found == 0 : found == -1 && errno == ECHILD, "%s: another child, waitpid gives %d", who, found);
	done = 1;
	pthread_join(writer, NULL);
	for (unsigned long n = 0; n < KEPT * PAGE; n++) {
		RIGHT(unforked[n] == (char)(n / PAGE + 1), "%s: byte %lu of memory without MADV_DOFORK", who, n);
		RIGHT(n >= PAGE || wiped[n] == 'w', "%s: byte %lu of memory with MADV_WIPEONFORK", who, n);
	}
}

static pthread_t begin(void *who)
{
	pthread_t writer;
	memory = map(PAGES, MAP_PRIVATE);
	unforked = map(KEPT, MAP_PRIVATE);
	wiped = map(1, MAP_PRIVATE);
	for (unsigned long n = 0; n < KEPT; n++)
		memset(unforked + n * PAGE, n + 1, PAGE);
	memset(wiped, 'w', PAGE);
	MUST(madvise(unforked, KEPT * PAGE, MADV_DONTFORK) == 0 && madvise(wiped, PAGE, MADV_WIPEONFORK) == 0);
	MUST(pthread_create(&writer, NULL, write_rounds, who) == 0);
	return writer;
}

int main(void)
{
	shared = (void *)map(1, MAP_SHARED);
	if (access("reaper", F_OK) == 0)
		MUST(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
	signal(SIGCHLD, on_sigchld);
	pid_t child = fork();
	MUST(child >= 0);
	pthread_t writer = begin(child == 0 ? NULL : &child);
	struct timespec pause = { 0, 2000000 };
	if (child == 0) {
		while (access("go", F_OK) != 0)
			nanosleep(&pause, NULL);
		check(writer, "child", 0);
		put("child", "");
		for (int n = 0; n < 1000 && access("result", F_OK) != 0; n++)
			nanosleep(&pause, NULL);
		return 0;
	}
	while (shared->rounds[0] < 3 || shared->rounds[1] < 3)
		nanosleep(&pause, NULL);
	wait_for_restore();
	while (access("child", F_OK) != 0)
		nanosleep(&pause, NULL);
	check(writer, "parent", 1);
	CHECK(!shared->wrong[0], "%s", shared->wrong);
	int result = finish();
	waitpid(child, NULL, 0);
	return result;
}
