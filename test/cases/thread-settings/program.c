/* Settings of threads that CRIU does not save: processors, I/O priority, timer slack, time stamp counter, machine checks, personality, memory policy, system call dispatch,
   and the signal at the end of a child. */
#include "../case.h"
#include <pthread.h>
#include <sched.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#define IOPRIO_IDLE (3 << 13)
#define IOPRIO_BEST_EFFORT_6 (2 << 13 | 6)

#define BIND 2
#define PREFERRED_STATIC (1 | 1 << 15)

static const unsigned long first_node = 1;
static volatile char selector;
static volatile sig_atomic_t dispatched;
static volatile sig_atomic_t ended;
static volatile int stage;
static cpu_set_t first;

static void on_dispatch(int signal)
{
	(void)signal;
	selector = 0;
	dispatched++;
}

static void on_end(int signal)
{
	ended = signal;
}

static void check_policy(const char *who, int expected)
{
	int mode = -1;
	unsigned long nodes[16] = { 0 };
	MUST(syscall(SYS_get_mempolicy, &mode, nodes, 1024, NULL, 0) == 0);
	CHECK(mode == expected && nodes[0] == first_node, "%s: memory policy %x of nodes %lx", who, mode, nodes[0]);
}

static void *work(void *unused)
{
	MUST(syscall(SYS_ioprio_set, 1, 0, IOPRIO_IDLE) == 0);
	MUST(prctl(PR_SET_TIMERSLACK, 777) == 0);
	MUST(personality(UNAME26 | READ_IMPLIES_EXEC) >= 0);
	MUST(prctl(PR_SET_TSC, PR_TSC_SIGSEGV) == 0);
	MUST(syscall(SYS_set_mempolicy, PREFERRED_STATIC, &first_node, 64) == 0);
	stage = 1;
	while (stage < 2)
		usleep(1000);
	check_policy("thread", PREFERRED_STATIC);
	int tsc = 0;
	prctl(PR_GET_TSC, &tsc);
	CHECK(tsc == PR_TSC_SIGSEGV, "thread: time stamp counter %d", tsc);
	CHECK(syscall(SYS_ioprio_get, 1, 0) == IOPRIO_IDLE, "thread: I/O priority %ld", syscall(SYS_ioprio_get, 1, 0));
	CHECK(personality(-1) == (UNAME26 | READ_IMPLIES_EXEC), "thread: personality %x", personality(-1));
	CHECK(prctl(PR_GET_TIMERSLACK) == 777, "thread: timer slack %d", prctl(PR_GET_TIMERSLACK));
	return unused;
}

int main(void)
{
	CPU_SET(0, &first);
	MUST(sched_setaffinity(0, sizeof first, &first) == 0);
	MUST(syscall(SYS_ioprio_set, 1, 0, IOPRIO_BEST_EFFORT_6) == 0);
	MUST(prctl(PR_SET_TIMERSLACK, 123456) == 0);
	MUST(prctl(PR_MCE_KILL, PR_MCE_KILL_SET, PR_MCE_KILL_EARLY, 0, 0) == 0);
	MUST(personality(ADDR_NO_RANDOMIZE) >= 0);
	MUST(syscall(SYS_set_mempolicy, BIND, &first_node, 64) == 0);
	signal(SIGUSR1, on_end);
	int child = syscall(SYS_clone, SIGUSR1, 0, 0, 0, 0);
	MUST(child >= 0);
	if (child == 0)
		for (;;)
			pause();
	pthread_t thread;
	MUST(pthread_create(&thread, NULL, work, NULL) == 0);
	while (stage < 1)
		usleep(1000);
	signal(SIGSYS, on_dispatch);
	/* No exempt range: with the selector at 1, each call is dispatched. */
	MUST(prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON, 0, 0, &selector) == 0);
	wait_for_restore();
	selector = 1;
	syscall(SYS_getpid);
	selector = 0;
	CHECK(dispatched == 1, "%d dispatched calls", (int)dispatched);
	prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_OFF, 0, 0, 0);
	cpu_set_t set;
	MUST(sched_getaffinity(0, sizeof set, &set) == 0);
	CHECK(CPU_EQUAL(&set, &first), "%d processors", CPU_COUNT(&set));
	CHECK(syscall(SYS_ioprio_get, 1, 0) == IOPRIO_BEST_EFFORT_6, "I/O priority %ld", syscall(SYS_ioprio_get, 1, 0));
	CHECK(personality(-1) == ADDR_NO_RANDOMIZE, "personality %x", personality(-1));
	CHECK(prctl(PR_GET_TIMERSLACK) == 123456, "timer slack %d", prctl(PR_GET_TIMERSLACK));
	CHECK(prctl(PR_MCE_KILL_GET, 0, 0, 0, 0) == PR_MCE_KILL_EARLY, "machine checks %d", prctl(PR_MCE_KILL_GET, 0, 0, 0, 0));
	check_policy("process", BIND);
	stage = 2;
	pthread_join(thread, NULL);
	kill(child, SIGKILL);
	int status;
	MUST(waitpid(child, &status, __WALL) == child);
	CHECK(ended == SIGUSR1, "signal %d at the end of a child", (int)ended);
	return finish();
}
