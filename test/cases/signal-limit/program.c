/* More pending signals than the limit allows, because it was lowered later, and a POSIX timer. CRIU cannot restore it. */
#include "../case.h"
#include <sys/resource.h>

int main(void)
{
	sigset_t set;
	timer_t timer;
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN + 1 };
	struct itimerspec times = { .it_value = { 5000, 0 } };
	struct rlimit limit = { 1, 2 };
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	MUST(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
	for (int n = 0; n < 5; n++)
		MUST(sigqueue(getpid(), SIGRTMIN, (union sigval){ .sival_int = n }) == 0);
	MUST(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0 && timer_settime(timer, 0, &times, NULL) == 0);
	MUST(setrlimit(RLIMIT_SIGPENDING, &limit) == 0);
	wait_for_restore();
	CHECK(getrlimit(RLIMIT_SIGPENDING, &limit) == 0 && limit.rlim_cur == 1 && limit.rlim_max == 2, "limit %d", (int)limit.rlim_cur);
	for (int n = 0; n < 5; n++) {
		siginfo_t info;
		struct timespec none = { 0, 0 };
		CHECK(sigtimedwait(&set, &info, &none) == SIGRTMIN && info.si_value.sival_int == n, "signal %d", n);
	}
	CHECK(timer_gettime(timer, &times) == 0 && times.it_value.tv_sec > 4000, "timer");
	return finish();
}
