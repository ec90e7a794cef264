/*
 * Calls the vdso at the addresses that libc found before the checkpoint, and at those of the current symbol table. The test gives the images the
 * vdso of another kernel.
 */
#include "../case.h"
#include "../vdso.h"
#include <sched.h>
#include <sys/syscall.h>
#include <sys/time.h>

static double seconds(struct timespec time)
{
	return time.tv_sec + time.tv_nsec / 1e9;
}

static double time_by_call(clockid_t clock)
{
	struct timespec now;
	MUST(syscall(SYS_clock_gettime, clock, &now) == 0);
	return seconds(now);
}

typedef int clock_function(clockid_t, struct timespec *);

/* Counts the mappings that /proc shows under a name. */
static int count(const char *name)
{
	char line[512];
	int found = 0;
	FILE *maps = fopen("/proc/self/maps", "r");
	while (fgets(line, sizeof line, maps))
		found += strstr(line, name) != NULL;
	fclose(maps);
	return found;
}

int main(void)
{
	static const clockid_t clocks[] = { CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME, CLOCK_MONOTONIC_COARSE };
	struct timespec before[4], now;
	struct timeval day;
	void *was = find("__vdso_clock_gettime");
	MUST(was != NULL && count("[vdso]") == 1);
	for (int n = 0; n < 4; n++)
		MUST(clock_gettime(clocks[n], &before[n]) == 0);
	gettimeofday(&day, NULL);
	wait_for_restore();
	clock_function *first = find("__vdso_clock_gettime"), *second = find("clock_gettime");
	clock_function *const functions[] = { clock_gettime, first, second };
	/* The test has moved one of the two symbols, and the kernel's own vdso is at another address. */
	CHECK((void *)first != was || (void *)second != was, "the vdso is not another one");
	CHECK(count("[vdso]") == 1, "%d vdsos of the kernel", count("[vdso]"));
	for (int n = 0; n < 4; n++) {
		for (int f = 0; f < 3; f++) {
			double earliest = time_by_call(clocks[n]);
			CHECK(functions[f](clocks[n], &now) == 0, "function %d, clock %d", f, clocks[n]);
			double latest = time_by_call(clocks[n]);
			CHECK(seconds(now) >= earliest && seconds(now) <= latest, "function %d, clock %d: %f is not in %f to %f", f,
			      clocks[n], seconds(now), earliest, latest);
		}
		CHECK(seconds(now) >= seconds(before[n]), "clock %d goes back", clocks[n]);
	}
	double earliest = time_by_call(CLOCK_REALTIME);
	CHECK(gettimeofday(&day, NULL) == 0, "gettimeofday");
	double latest = time_by_call(CLOCK_REALTIME), is = day.tv_sec + day.tv_usec / 1e6;
	/* It has no nanoseconds. */
	CHECK(is >= earliest - 2e-6 && is <= latest, "gettimeofday: %f is not in %f to %f", is, earliest, latest);
	CHECK(sched_getcpu() >= 0, "sched_getcpu");
	return finish();
}
