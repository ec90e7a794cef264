/*
 * Long queues of signals with their data, of the process and of a thread; a running handler on its alternate stack; actions with every flag; and
 * a mask for each thread.
 */
#include "../case.h"
#include <pthread.h>
#include <sys/syscall.h>

#define COUNT 300
#ifndef SS_AUTODISARM
#define SS_AUTODISARM (1U << 31)
#endif

static volatile int on_stack, left_stack;
static stack_t own_stack;
static volatile int thread_is_ready, thread_may_go;
static pid_t thread_id;

static int is_within(void *at, stack_t *stack)
{
	return (char *)at >= (char *)stack->ss_sp && (char *)at < (char *)stack->ss_sp + stack->ss_size;
}

static void on_usr1(int signal, siginfo_t *info, void *context)
{
	int local;
	stack_t now;
	(void)signal, (void)context;
	on_stack = is_within(&local, &own_stack);
	wait_for_restore();
	CHECK(sigaltstack(NULL, &now) == 0 && now.ss_flags == SS_ONSTACK && now.ss_sp == own_stack.ss_sp, "the stack's flags are %x", now.ss_flags);
	CHECK(info->si_value.sival_int == 4711, "the handler's information has %d", info->si_value.sival_int);
	CHECK(is_within(&local, &own_stack), "the handler has left its stack");
	left_stack = 1;
}

static void *run(void *unused)
{
	sigset_t set;
	stack_t stack = { .ss_sp = malloc(65536), .ss_size = 65536, .ss_flags = SS_AUTODISARM }, now;
	MUST(sigaltstack(&stack, NULL) == 0);
	sigemptyset(&set);
	for (int n = SIGRTMIN; n <= SIGRTMIN + 5; n++)
		sigaddset(&set, n);
	sigaddset(&set, SIGINT);
	MUST(pthread_sigmask(SIG_BLOCK, &set, NULL) == 0 && pthread_sigmask(SIG_BLOCK, NULL, &set) == 0);
	thread_id = syscall(SYS_gettid);
	thread_is_ready = 1;
	while (!thread_may_go)
		usleep(1000);
	CHECK(sigaltstack(NULL, &now) == 0 && now.ss_sp == stack.ss_sp && (unsigned)now.ss_flags == SS_AUTODISARM && now.ss_size == 65536,
	      "the thread's stack has flags %x", now.ss_flags);
	sigset_t is;
	pthread_sigmask(SIG_SETMASK, NULL, &is);
	CHECK(memcmp(&is, &set, 8) == 0, "mask of the thread");
	struct timespec none = { 0, 0 };
	siginfo_t info;
	sigemptyset(&set);
	for (int n = SIGRTMIN; n <= SIGRTMIN + 5; n++)
		sigaddset(&set, n);
	for (int n = 0; n < COUNT; n++) {
		int got = sigtimedwait(&set, &info, &none);
		if (got != SIGRTMIN + n * 6 / COUNT || info.si_code != SI_QUEUE || info.si_value.sival_ptr != (void *)(0x123456780000 + n) || info.si_pid != getpid()) {
			CHECK(0, "signal %d of the thread is %d with %p", n, got, info.si_value.sival_ptr);
			break;
		}
	}
	sigaddset(&set, SIGINT);
	CHECK(sigtimedwait(&set, &info, &none) == SIGINT && info.si_code == SI_USER, "SIGINT of the thread: signal %d, code %d", info.si_signo, info.si_code);
	thread_is_ready = 2;
	return unused;
}

static void queue(pid_t tid, int signal, int code, void *value)
{
	siginfo_t info = { .si_signo = signal, .si_code = code, .si_value.sival_ptr = value };
	info.si_pid = getpid();
	info.si_uid = 7;
	int result = tid == 0 ? syscall(SYS_rt_sigqueueinfo, getpid(), signal, &info) : syscall(SYS_rt_tgsigqueueinfo, getpid(), tid, signal, &info);
	MUST(result == 0);
}

static void nothing(int signal)
{
	(void)signal;
}

int main(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + 10);
	sigaddset(&set, SIGRTMAX);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGALRM);
	MUST(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
	pthread_t thread;
	MUST(pthread_create(&thread, NULL, run, NULL) == 0);
	while (!thread_is_ready)
		usleep(1000);
	for (int n = 0; n < COUNT; n++)
		queue(thread_id, SIGRTMIN + n * 6 / COUNT, SI_QUEUE, (void *)(0x123456780000 + n));
	MUST(syscall(SYS_tgkill, getpid(), thread_id, SIGINT) == 0);
	/* For the process: every thread blocks them. */
	pthread_sigmask(SIG_SETMASK, NULL, &set);
	for (int n = 0; n < COUNT; n++)
		queue(getpid(), SIGRTMAX, SI_QUEUE, (void *)(long)n);
	/* For the leader alone. */
	queue(getpid(), SIGRTMIN + 10, SI_MESGQ, (void *)99);
	MUST(kill(getpid(), SIGCHLD) == 0);

	struct sigaction action = { .sa_sigaction = on_usr1, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART | SA_NODEFER };
	sigaddset(&action.sa_mask, SIGUSR2);
	MUST(sigaction(SIGUSR1, &action, NULL) == 0);
	struct sigaction reset = { .sa_handler = nothing, .sa_flags = SA_RESETHAND | SA_NOCLDWAIT | SA_NOCLDSTOP };
	MUST(sigaction(SIGCHLD, &reset, NULL) == 0 && sigaction(SIGRTMAX - 1, &reset, NULL) == 0);
	MUST(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
	own_stack = (stack_t){ .ss_sp = malloc(262144), .ss_size = 262144 };
	MUST(sigaltstack(&own_stack, NULL) == 0);
	MUST(sigqueue(getpid(), SIGUSR1, (union sigval){ .sival_int = 4711 }) == 0);

	CHECK(on_stack && left_stack, "the handler went from %d to %d", on_stack, left_stack);
	stack_t now;
	CHECK(sigaltstack(NULL, &now) == 0 && now.ss_flags == 0 && now.ss_sp == own_stack.ss_sp, "after the handler the stack's flags are %x", now.ss_flags);
	struct sigaction is;
	CHECK(sigaction(SIGUSR1, NULL, &is) == 0 && is.sa_sigaction == on_usr1 && (is.sa_flags & ~0x04000000) == action.sa_flags && sigismember(&is.sa_mask, SIGUSR2),
	      "the action's flags are %x", is.sa_flags);
	CHECK(sigaction(SIGRTMAX - 1, NULL, &is) == 0 && is.sa_handler == nothing && (is.sa_flags & ~0x04000000) == reset.sa_flags, "RESETHAND %x", is.sa_flags);
	CHECK(sigaction(SIGCHLD, NULL, &is) == 0 && is.sa_handler == nothing && (is.sa_flags & ~0x04000000) == reset.sa_flags, "SIGCHLD %x", is.sa_flags);
	CHECK(sigaction(SIGPIPE, NULL, &is) == 0 && is.sa_handler == SIG_IGN, "SIGPIPE");
	struct timespec none = { 0, 0 };
	siginfo_t info;
	sigset_t shared, leader;
	sigemptyset(&shared);
	sigaddset(&shared, SIGRTMAX);
	sigemptyset(&leader);
	sigaddset(&leader, SIGRTMIN + 10);
	for (int n = 0; n < COUNT; n++) {
		int got = sigtimedwait(&shared, &info, &none);
		if (got != SIGRTMAX || info.si_value.sival_ptr != (void *)(long)n) {
			CHECK(0, "signal %d of the process is %d with %p", n, got, info.si_value.sival_ptr);
			break;
		}
	}
	CHECK(sigtimedwait(&leader, &info, &none) == SIGRTMIN + 10 && info.si_code == SI_MESGQ && info.si_uid == 7, "signal of the leader: code %d", info.si_code);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	CHECK(sigtimedwait(&set, &info, &none) == SIGCHLD && info.si_code == SI_USER, "SIGCHLD: code %d", info.si_code);
	CHECK(sigtimedwait(&set, &info, &none) < 0 && errno == EAGAIN, "there is another SIGCHLD");
	thread_may_go = 1;
	pthread_join(thread, NULL);
	CHECK(thread_is_ready == 2, "the thread is done");
	return finish();
}
