/* Timerfds: periodic ones that have expired unread, one that expired once, ones that are disarmed, and a running one. */
#include "../case.h"
#include <stdint.h>
#include <sys/timerfd.h>

static int make(clockid_t clock, time_t seconds, long nanoseconds, time_t interval)
{
	int fd = timerfd_create(clock, TFD_NONBLOCK);
	struct itimerspec time = { .it_value = { seconds, nanoseconds }, .it_interval = { interval, 0 } };
	MUST(fd >= 0 && timerfd_settime(fd, 0, &time, NULL) == 0);
	return fd;
}

static void check(const char *name, int fd, double least, double most, time_t interval, uint64_t expected)
{
	struct itimerspec is;
	uint64_t ticks = 0;
	CHECK(read(fd, &ticks, sizeof ticks) == (expected ? (ssize_t)sizeof ticks : -1) && ticks == expected, "%s has %lu ticks", name, ticks);
	CHECK(timerfd_gettime(fd, &is) == 0, "%s", name);
	double left = is.it_value.tv_sec + is.it_value.tv_nsec / 1e9;
	CHECK(left >= least && left <= most, "%s has %f seconds left", name, left);
	CHECK(is.it_interval.tv_sec == interval && is.it_interval.tv_nsec == 0, "%s has an interval of %ld", name, is.it_interval.tv_sec);
}

int main(void)
{
	int periodic = make(CLOCK_MONOTONIC, 0, 50000, 4000), real = make(CLOCK_REALTIME, 0, 50000, 3000);
	int once = make(CLOCK_MONOTONIC, 0, 50000, 0), running = make(CLOCK_BOOTTIME, 1000, 0, 7);
	int disarmed = make(CLOCK_MONOTONIC, 0, 0, 0);
	usleep(20000);
	wait_for_restore();
	check("periodic", periodic, 3000, 4000, 4000, 1);
	check("real", real, 2000, 3000, 3000, 1);
	check("once", once, 0, 0, 0, 1);
	check("running", running, 500, 1000, 7, 0);
	check("disarmed", disarmed, 0, 0, 0, 0);
	return finish();
}
