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

static int is_near(double a, double b)
{
	return a - b < 0.5 && b - a < 0.5;
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
	struct timespec before[4], now, is;
	struct timeval day;
	void *was = find("__vdso_clock_gettime");
	MUST(was != NULL && count("[vdso]") == 1);
	for (int n = 0; n < 4; n++)
		MUST(clock_gettime(clocks[n], &before[n]) == 0);
	gettimeofday(&day, NULL);
	wait_for_restore();
	clock_function *first = find("__vdso_clock_gettime"), *second = find("clock_gettime");
	/* The test has moved one of the two symbols, and the kernel's own vdso is at another address. */
	CHECK((void *)first != was || (void *)second != was, "the vdso is not another one");
	CHECK(count("[vdso]") == 1, "%d vdsos of the kernel", count("[vdso]"));
	for (int n = 0; n < 4; n++) {
		CHECK(syscall(SYS_clock_gettime, clocks[n], &is) == 0, "clock %d", clocks[n]);
		CHECK(clock_gettime(clocks[n], &now) == 0 && is_near(seconds(now), seconds(is)), "libc's clock %d", clocks[n]);
		CHECK(first(clocks[n], &now) == 0 && is_near(seconds(now), seconds(is)), "first clock %d", clocks[n]);
		CHECK(second(clocks[n], &now) == 0 && is_near(seconds(now), seconds(is)), "second clock %d", clocks[n]);
		CHECK(seconds(now) >= seconds(before[n]), "clock %d goes back", clocks[n]);
	}
	CHECK(gettimeofday(&day, NULL) == 0 && is_near(day.tv_sec, time(NULL)), "gettimeofday");
	CHECK(sched_getcpu() >= 0, "sched_getcpu");
	return finish();
}
