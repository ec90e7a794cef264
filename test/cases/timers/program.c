/* POSIX timers of every clock and notification: armed, disarmed, expired; and interval timers. */
#include "../case.h"
#include <pthread.h>
#include <sys/syscall.h>
#include <sys/time.h>

static pid_t thread_id;
static volatile int done;

static void *run(void *unused)
{
	thread_id = syscall(SYS_gettid);
	while (!done)
		usleep(1000);
	return unused;
}

static int make(clockid_t clock, int notify, int signal, long value, long nanoseconds, long seconds, long interval)
{
	struct sigevent event = { .sigev_notify = notify, .sigev_signo = signal, .sigev_value.sival_ptr = (void *)value };
	if (notify == SIGEV_THREAD_ID)
		event._sigev_un._tid = thread_id;
	int id = -1;
	MUST(syscall(SYS_timer_create, clock, &event, &id) == 0);
	struct itimerspec time = { .it_value = { seconds, nanoseconds }, .it_interval = { interval, 0 } };
	MUST(syscall(SYS_timer_settime, id, 0, &time, NULL) == 0);
	return id;
}

static double left(int id)
{
	struct itimerspec is;
	if (syscall(SYS_timer_gettime, id, &is) != 0)
		return -1;
	return is.it_value.tv_sec + is.it_value.tv_nsec / 1e9;
}

static double interval(int id)
{
	struct itimerspec is;
	if (syscall(SYS_timer_gettime, id, &is) != 0)
		return -1;
	return is.it_interval.tv_sec + is.it_interval.tv_nsec / 1e9;
}

int main(void)
{
	sigset_t set;
	sigemptyset(&set);
	for (int n = SIGRTMIN; n <= SIGRTMAX; n++)
		sigaddset(&set, n);
	sigaddset(&set, SIGALRM);
	MUST(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
	pthread_t thread;
	MUST(pthread_create(&thread, NULL, run, NULL) == 0);
	while (thread_id == 0)
		usleep(1000);
	int dropped = make(CLOCK_MONOTONIC, SIGEV_NONE, 0, 0, 0, 5, 0);
	int none = make(CLOCK_MONOTONIC, SIGEV_NONE, 0, 1, 0, 1000, 7);
	int to_thread = make(CLOCK_BOOTTIME, SIGEV_THREAD_ID, SIGRTMIN, 2, 0, 1000, 0);
	int real = make(CLOCK_REALTIME, SIGEV_SIGNAL, SIGRTMIN + 1, 3, 0, 1000, 3);
	int cpu = make(CLOCK_PROCESS_CPUTIME_ID, SIGEV_SIGNAL, SIGRTMIN + 2, 4, 0, 1000, 1);
	int thread_cpu = make(CLOCK_THREAD_CPUTIME_ID, SIGEV_SIGNAL, SIGRTMIN + 3, 5, 0, 1000, 0);
	int stopped = make(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGRTMIN + 4, 6, 0, 0, 0);
	int tai = make(CLOCK_TAI, SIGEV_SIGNAL, SIGRTMIN + 5, 7, 0, 1000, 0);
	/* It expires many times, and its signal stays pending. */
	int often = make(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGRTMIN + 6, 8, 1000000, 0, 0);
	struct itimerspec quick = { .it_value = { 0, 1000000 }, .it_interval = { 0, 1000000 } };
	MUST(syscall(SYS_timer_settime, often, 0, &quick, NULL) == 0);
	int once = make(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGRTMIN + 7, 9, 1000000, 0, 0);
	make(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGRTMIN + 8, 10, 0, 3, 0);
	MUST(syscall(SYS_timer_delete, dropped) == 0);
	struct itimerval real_time = { { 4, 0 }, { 500, 0 } }, virtual = { { 0, 0 }, { 600, 0 } }, profile = { { 9, 0 }, { 700, 0 } }, is;
	MUST(setitimer(ITIMER_REAL, &real_time, NULL) == 0 && setitimer(ITIMER_VIRTUAL, &virtual, NULL) == 0 && setitimer(ITIMER_PROF, &profile, NULL) == 0);
	usleep(20000);
	wait_for_restore();
	struct itimerspec at;
	CHECK(syscall(SYS_timer_gettime, dropped, &at) < 0 && errno == EINVAL, "a deleted timer is back");
	CHECK(left(none) > 900 && left(none) <= 1000 && interval(none) == 7, "none has %f %f", left(none), interval(none));
	CHECK(left(to_thread) > 900 && left(to_thread) <= 1000 && interval(to_thread) == 0, "to_thread has %f", left(to_thread));
	CHECK(left(real) > 900 && left(real) <= 1000 && interval(real) == 3, "real has %f", left(real));
	CHECK(left(cpu) > 900 && left(cpu) <= 1000 && interval(cpu) == 1, "cpu has %f", left(cpu));
	CHECK(left(thread_cpu) > 900 && left(thread_cpu) <= 1000, "thread_cpu has %f", left(thread_cpu));
	CHECK(left(stopped) == 0, "stopped has %f", left(stopped));
	CHECK(left(tai) > 900 && left(tai) <= 1000, "tai has %f", left(tai));
	CHECK(left(often) > 0 && left(often) <= 0.0011, "often has %f", left(often));
	CHECK(left(once) == 0, "once has %f", left(once));
	siginfo_t info;
	struct timespec now = { 0, 0 };
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + 6);
	CHECK(sigtimedwait(&set, &info, &now) == SIGRTMIN + 6 && info.si_value.sival_int == 8, "often: %d", info.si_value.sival_int);
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + 7);
	CHECK(sigtimedwait(&set, &info, &now) == SIGRTMIN + 7 && info.si_value.sival_int == 9 && info.si_code == SI_TIMER, "once: %d", info.si_value.sival_int);
	CHECK(sigtimedwait(&set, &info, &now) < 0, "once has come twice");
	struct timespec enough = { 10, 0 };
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + 8);
	CHECK(sigtimedwait(&set, &info, &enough) == SIGRTMIN + 8 && info.si_value.sival_int == 10 && info.si_code == SI_TIMER, "soon: %d", info.si_value.sival_int);
	CHECK(getitimer(ITIMER_REAL, &is) == 0 && is.it_value.tv_sec > 400 && is.it_value.tv_sec <= 500 && is.it_interval.tv_sec == 4, "real %ld", is.it_value.tv_sec);
	CHECK(getitimer(ITIMER_VIRTUAL, &is) == 0 && is.it_value.tv_sec > 500 && is.it_value.tv_sec <= 600 && is.it_interval.tv_sec == 0, "virtual %ld", is.it_value.tv_sec);
	CHECK(getitimer(ITIMER_PROF, &is) == 0 && is.it_value.tv_sec > 600 && is.it_value.tv_sec <= 700 && is.it_interval.tv_sec == 9, "profile %ld", is.it_value.tv_sec);
	/* The signal for the thread arrives at the thread. */
	char notify[4096];
	int timers = open("/proc/self/timers", O_RDONLY);
	ssize_t length = read(timers, notify, sizeof notify - 1);
	notify[length < 0 ? 0 : length] = 0;
	char wanted[64];
	snprintf(wanted, sizeof wanted, "tid.%d", thread_id);
	CHECK(strstr(notify, wanted) != NULL, "nothing goes to %s", wanted);
	CHECK(strstr(notify, "notify: none") != NULL, "SIGEV_NONE");
	done = 1;
	pthread_join(thread, NULL);
	return finish();
}
