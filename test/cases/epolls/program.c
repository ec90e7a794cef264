/* Epoll sets: files watched through several descriptors, nested sets, and sets in other tasks. */
#include "../case.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

static void watch(int set, int fd, unsigned events, unsigned long data)
{
	struct epoll_event event = { .events = events, .data.u64 = data };
	MUST(epoll_ctl(set, EPOLL_CTL_ADD, fd, &event) == 0);
}

/* Lists the data of ready entries, in order, as text. */
static const char *ready(int set)
{
	static char text[256];
	struct epoll_event events[16];
	unsigned char is[256] = { 0 };
	int count = epoll_wait(set, events, 16, 0);
	for (int n = 0; n < count; n++)
		is[events[n].data.u64 & 0xff] = 1;
	text[0] = 0;
	for (int n = 0; n < 256; n++)
		if (is[n])
			sprintf(text + strlen(text), "%d ", n);
	return text;
}

static void expect(const char *what, int set, const char *wanted)
{
	const char *found = ready(set);
	CHECK(strcmp(found, wanted) == 0, "%s: ready are '%s', not '%s'", what, found, wanted);
}

int main(void)
{
	int set = epoll_create1(EPOLL_CLOEXEC), full = eventfd(1, EFD_NONBLOCK), none = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	int ends[2], again;
	MUST(pipe(ends) == 0 && (again = dup(ends[0])) >= 0);
	watch(set, full, EPOLLIN | EPOLLEXCLUSIVE, 1);
	watch(set, none, EPOLLIN | EPOLLET, 2);
	watch(set, ends[0], EPOLLIN, 3);
	watch(set, again, EPOLLIN | EPOLLONESHOT, 4);
	watch(set, ends[1], EPOLLHUP | EPOLLERR, 5);

	/* a one-shot entry that is disabled because it was reported */
	int once = eventfd(1, 0), inner = epoll_create1(0), outer = epoll_create1(0);
	watch(inner, once, EPOLLIN | EPOLLONESHOT, 7);
	MUST(strcmp(ready(inner), "7 ") == 0);
	watch(inner, full, EPOLLIN, 8);
	watch(outer, inner, EPOLLIN, 9);
	watch(outer, set, EPOLLIN, 10);

	/* a set that the child shares, and one that only the child has */
	int barrier[2];
	MUST(pipe(barrier) == 0);
	pid_t child = fork();
	MUST(child >= 0);
	if (child == 0) {
		int own = epoll_create1(0), event = eventfd(0, 0);
		watch(own, event, EPOLLIN, 11), watch(own, set, EPOLLIN, 12);
		MUST(write(barrier[1], "x", 1) == 1);
		wait_for_restore();
		unsigned long one = 1;
		CHECK(strcmp(ready(own), "12 ") == 0 && write(event, &one, 8) == 8 && strcmp(ready(own), "11 12 ") == 0, "own");
		_exit(*failures != 0);
	}
	char byte;
	MUST(read(barrier[0], &byte, 1) == 1);

	/* other kinds of watched files */
	sigset_t signals;
	sigemptyset(&signals), sigaddset(&signals, SIGUSR2);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	int others = epoll_create1(0), signal = signalfd(-1, &signals, 0), timer = timerfd_create(CLOCK_MONOTONIC, 0);
	watch(others, signal, EPOLLIN, 13), watch(others, timer, EPOLLIN, 14), watch(others, ends[1], EPOLLOUT, 15);

	wait_for_restore();

	int status = -1;
	CHECK(waitpid(child, &status, 0) == child && status == 0, "the child's set");
	expect("set", set, "1 ");
	unsigned long one = 1;
	CHECK(write(none, &one, 8) == 8, "write");
	expect("set, edge-triggered", set, "1 2 ");
	expect("set, edge-triggered, again", set, "1 ");
	CHECK(write(ends[1], "x", 1) == 1, "write");
	expect("set, watched twice", set, "1 3 4 ");
	expect("set, one shot", set, "1 3 ");
	expect("inner", inner, "8 ");
	expect("outer", outer, "9 10 ");
	expect("others", others, "15 ");
	kill(getpid(), SIGUSR2);
	struct itimerspec soon = { .it_value = { 0, 1 } };
	CHECK(timerfd_settime(timer, 0, &soon, NULL) == 0, "timer");
	usleep(2000);
	expect("others, later", others, "13 14 15 ");
	return finish();
}
