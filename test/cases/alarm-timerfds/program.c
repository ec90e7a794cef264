/* Timerfds of alarm clocks, with absolute and relative times. A machine without a real-time clock (RTC) cannot read these clocks. */
#include "../case.h"
#include <linux/capability.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>

static int make(clockid_t clock, clockid_t like, int flags)
{
	struct timespec now = { 0, 0 };
	if (flags & TFD_TIMER_ABSTIME)
		MUST(clock_gettime(like, &now) == 0);
	int fd = timerfd_create(clock, 0);
	struct itimerspec time = { .it_value = { now.tv_sec + 1000, 0 }, .it_interval = { 7, 0 } };
	MUST(fd >= 0 && timerfd_settime(fd, flags, &time, NULL) == 0);
	return fd;
}

int main(void)
{
	int timers[] = {
		make(CLOCK_REALTIME_ALARM, CLOCK_REALTIME, 0),
		make(CLOCK_REALTIME_ALARM, CLOCK_REALTIME, TFD_TIMER_ABSTIME),
		make(CLOCK_BOOTTIME_ALARM, CLOCK_BOOTTIME, 0),
		make(CLOCK_BOOTTIME_ALARM, CLOCK_BOOTTIME, TFD_TIMER_ABSTIME),
	};
	/* Both making and arming such a timer requires CAP_WAKE_ALARM, which the task no longer has. */
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct none[2] = { { 0, 0, 0 }, { 0, 0, 0 } };
	MUST(syscall(SYS_capset, &header, none) == 0);
	wait_for_restore();
	for (int n = 0; n < 4; n++) {
		struct itimerspec is;
		CHECK(timerfd_gettime(timers[n], &is) == 0 && is.it_value.tv_sec > 700 && is.it_value.tv_sec <= 1000 && is.it_interval.tv_sec == 7,
		      "timer %d has %ld seconds left", n, is.it_value.tv_sec);
	}
	return finish();
}
