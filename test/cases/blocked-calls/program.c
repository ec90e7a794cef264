/*
 * Threads that block in system calls. Each continues to block, and wakes only for the event that it waits for. Calls whose restart needs state
 * that only the kernel has (RETRY) are interrupted, as the images record.
 */
#include "../case.h"
#include <linux/futex.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <stdint.h>

#define THREADS 14
static int ends[2], for_child[2], events, pair[2];
static int futex_word, futex_timed;
static pid_t child;
static pthread_barrier_t barrier;
static volatile int results[THREADS], finished[THREADS];
static struct timespec started;

static double elapsed(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec - started.tv_sec + (now.tv_nsec - started.tv_nsec) / 1e9;
}

static void on_signal(int signal)
{
	(void)signal;
}

#define SLEEP 3

#define RETRY(call) ({ long result; do result = call; while (result < 0 && errno == EINTR); result; })

static int wait_for(int which)
{
	char byte = 0;
	struct timespec sleep = { SLEEP, 0 }, at;
	struct pollfd poll_fd = { .fd = ends[0], .events = POLLIN };
	struct epoll_event event;
	sigset_t set;
	sigemptyset(&set);
	switch (which) {
	case 0:
		return RETRY(nanosleep(&sleep, &sleep)) == 0 && elapsed() >= SLEEP;
	case 1:
		at = started;
		at.tv_sec += SLEEP;
		return clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == 0 && elapsed() >= SLEEP;
	case 2:
		return RETRY(poll(NULL, 0, SLEEP * 1000)) == 0 && elapsed() >= SLEEP;
	case 3:
		return RETRY(poll(&poll_fd, 1, -1)) == 1;
	case 4:
		return syscall(SYS_futex, &futex_word, FUTEX_WAIT, 0, NULL, NULL, 0) == 0;
	case 5:
		return RETRY(syscall(SYS_futex, &futex_timed, FUTEX_WAIT, 0, &sleep, NULL, 0)) < 0 && errno == ETIMEDOUT && elapsed() >= SLEEP;
	case 6:
		sigfillset(&set);
		sigdelset(&set, SIGUSR1);
		return sigsuspend(&set) < 0 && errno == EINTR;
	case 7:
		sigfillset(&set);
		sigdelset(&set, SIGUSR2);
		return ppoll(NULL, 0, NULL, &set) < 0 && errno == EINTR;
	case 8:
		sigaddset(&set, SIGRTMIN);
		return RETRY(sigwaitinfo(&set, NULL)) == SIGRTMIN;
	case 9: {
		int epoll = epoll_create1(0);
		event.events = EPOLLIN;
		MUST(epoll_ctl(epoll, EPOLL_CTL_ADD, events, &event) == 0);
		return RETRY(epoll_wait(epoll, &event, 1, -1)) == 1;
	}
	case 10: {
		fd_set fds;
		FD_ZERO(&fds);
		FD_SET(events, &fds);
		struct timeval time = { 100, 0 };
		return select(events + 1, &fds, NULL, NULL, &time) == 1;
	}
	case 11:
		return recv(pair[0], &byte, 1, 0) == 1 && byte == 's';
	case 12:
		return waitpid(child, NULL, 0) == child;
	case 13:
		return pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD || 1;
	}
	return 0;
}

static void *run(void *which)
{
	sigset_t set;
	sigfillset(&set);
	pthread_sigmask(SIG_SETMASK, &set, NULL);
	char name[16];
	snprintf(name, sizeof name, "waiter %d", (int)(long)which);
	prctl(PR_SET_NAME, name);
	results[(long)which] = wait_for((long)which);
	finished[(long)which] = 1;
	return NULL;
}

int main(void)
{
	MUST(pipe(ends) == 0 && pipe(for_child) == 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	events = eventfd(0, 0);
	signal(SIGUSR1, on_signal);
	signal(SIGUSR2, on_signal);
	pthread_barrier_init(&barrier, NULL, 2);
	child = fork();
	if (child == 0) {
		char byte;
		return read(for_child[0], &byte, 1);
	}
	sigset_t set;
	sigfillset(&set);
	pthread_sigmask(SIG_SETMASK, &set, NULL);
	clock_gettime(CLOCK_MONOTONIC, &started);
	pthread_t threads[THREADS];
	for (long n = 0; n < THREADS; n++)
		MUST(pthread_create(&threads[n], NULL, run, (void *)n) == 0);
	usleep(300000);
	wait_for_restore();
	for (int n = 3; n < THREADS; n++)
		CHECK(n == 5 || !finished[n], "waiter %d woke too early with %d", n, results[n]);
	uint64_t one = 1;
	__atomic_store_n(&futex_word, 1, __ATOMIC_SEQ_CST);
	CHECK(syscall(SYS_futex, &futex_word, FUTEX_WAKE, 1, NULL, NULL, 0) == 1, "nobody waits for the futex");
	pthread_kill(threads[6], SIGUSR1);
	pthread_kill(threads[7], SIGUSR2);
	pthread_kill(threads[8], SIGRTMIN);
	CHECK(write(events, &one, 8) == 8 && write(pair[1], "s", 1) == 1, "write");
	pthread_barrier_wait(&barrier);
	CHECK(write(ends[1], "p", 1) == 1 && write(for_child[1], "c", 1) == 1, "write to the pipes");
	for (int n = 0; n < 1000; n++) {
		int all = 1;
		for (int m = 0; m < THREADS; m++)
			all &= finished[m];
		if (all)
			break;
		usleep(10000);
	}
	for (int n = 0; n < THREADS; n++)
		CHECK(finished[n] && results[n], "waiter %d: %s %d", n, finished[n] ? "finished with" : "waits still", results[n]);
	return finish();
}
