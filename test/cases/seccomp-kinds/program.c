/* Seccomp filters: stacked, logging, on all threads, on one thread, inherited by a child; and a thread in strict mode. */
#include "../case.h"
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

static volatile int stage, own_is_filtered = -1, other_is_filtered = -1;
static int ends[2];

/* A filter that makes one call fail with a given errno. */
static void forbid(int call, int error, unsigned flags)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof code / sizeof *code, code };
	MUST(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program) == 0);
}

static int error_of(int call)
{
	errno = 0;
	return syscall(call, 0, 0, 0, 0, 0, 0) < 0 ? errno : 0;
}

static void *filtered(void *unused)
{
	forbid(SYS_getpriority, 71, 0);
	stage++;
	while (stage < 10)
		usleep(1000);
	own_is_filtered = error_of(SYS_getpriority) == 71 && error_of(SYS_getppid) == 72 && error_of(SYS_sched_yield) == 73;
	stage++;
	while (stage < 100)
		usleep(1000);
	return unused;
}

static void *strict(void *unused)
{
	char byte;
	stage++;
	while (stage < 4)
		;
	MUST(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) == 0);
	__atomic_fetch_add(&stage, 1, __ATOMIC_SEQ_CST);
	syscall(SYS_read, ends[0], &byte, 1);
	syscall(SYS_exit, 0);
	return unused;
}

int main(void)
{
	pthread_t one, two;
	MUST(pipe(ends) == 0);
	MUST(pthread_create(&two, NULL, strict, NULL) == 0);
	while (stage < 1)
		usleep(1000);
	MUST(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	stage = 4;
	while (stage < 5)
		usleep(1000);
	stage = 0;
	/* Not for all threads at once (TSYNC), because the strict thread cannot follow. */
	for (int n = 0; n < 20; n++)
		forbid(SYS_times, 90 + n, n % 2 ? SECCOMP_FILTER_FLAG_LOG : 0);
	forbid(SYS_getppid, 72, SECCOMP_FILTER_FLAG_LOG);
	forbid(SYS_sched_yield, 73, SECCOMP_FILTER_FLAG_SPEC_ALLOW);
	MUST(pthread_create(&one, NULL, filtered, NULL) == 0);
	while (stage < 1)
		usleep(1000);
	pid_t child = fork();
	MUST(child >= 0);
	if (child == 0) {
		forbid(SYS_getsid, 74, 0);
		put("child", "");
		while (access("go-child", F_OK) != 0)
			usleep(1000);
		_exit(error_of(SYS_getsid) == 74 && error_of(SYS_getppid) == 72 && error_of(SYS_getpriority) != 71 ? 42 : 1);
	}
	while (access("child", F_OK) != 0)
		usleep(1000);
	wait_for_restore();
	/* The newest filter runs first, and decides among equal actions. */
	CHECK(error_of(SYS_times) == 109, "times fails with %d", error_of(SYS_times));
	CHECK(error_of(SYS_getppid) == 72 && error_of(SYS_sched_yield) == 73, "%d %d", error_of(SYS_getppid), error_of(SYS_sched_yield));
	CHECK(error_of(SYS_getpriority) != 71 && error_of(SYS_getsid) != 74, "the filter of another");
	stage = 10;
	for (int n = 0; n < 1000 && stage == 10; n++)
		usleep(1000);
	CHECK(own_is_filtered == 1, "the thread's filter");
	int status = 0;
	put("go-child", "");
	CHECK(waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 42, "the child ends with %x", status);
	CHECK(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1, "no_new_privs");
	/* The strict thread may only read and exit: any other call would kill it. */
	CHECK(write(ends[1], "x", 1) == 1, "write");
	pthread_join(two, NULL);
	stage = 100;
	return finish();
}
