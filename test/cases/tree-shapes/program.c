/* Trees, sessions and groups of every shape. Each task checks that its parent, session and group have not changed. */
#include "../case.h"
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

enum { MOST = 1200 };

static struct seen {
	pid_t pid, parent, session, group;
	char problem[80];
	int answered;
} *seen;
static struct shared {
	int tasks, record, verify;
} *shared;

static int mine = -1;

static void wait_until_set(int *word)
{
	while (!__atomic_load_n(word, __ATOMIC_ACQUIRE))
		syscall(SYS_futex, word, FUTEX_WAIT, 0, NULL, NULL, 0);
}

static void set(int *word)
{
	__atomic_store_n(word, 1, __ATOMIC_RELEASE);
	syscall(SYS_futex, word, FUTEX_WAKE, MOST, NULL, NULL, 0);
}

/* The main loop of each task: reports its IDs on request, and whether they are unchanged. */
static void stay(void)
{
	struct seen *self = &seen[mine];
	wait_until_set(&shared->record);
	self->pid = getpid();
	self->parent = getppid();
	self->session = getsid(0);
	self->group = getpgrp();
	__atomic_store_n(&self->answered, 1, __ATOMIC_RELEASE);
	wait_until_set(&shared->verify);
	if (self->pid != getpid() || self->parent != getppid() || self->session != getsid(0) || self->group != getpgrp())
		snprintf(self->problem, sizeof self->problem, "pid %d parent %d session %d group %d, were %d %d %d %d", getpid(),
			 getppid(), getsid(0), getpgrp(), self->pid, self->parent, self->session, self->group);
	__atomic_store_n(&self->answered, 2, __ATOMIC_RELEASE);
	for (;;)
		pause();
}

/* Forks a task with its own number. */
static pid_t task(int flags)
{
	int number = __atomic_fetch_add(&shared->tasks, 1, __ATOMIC_RELAXED);
	MUST(number < MOST);
	pid_t pid = syscall(SYS_clone, flags | (flags & CLONE_PARENT ? 0 : SIGCHLD), 0, 0, 0, 0);
	MUST(pid >= 0);
	if (pid == 0)
		mine = number;
	return pid;
}

/* Forks a task that has ended when this returns. */
static int passes(void)
{
	pid_t pid = fork();
	MUST(pid >= 0);
	if (pid > 0)
		MUST(waitpid(pid, NULL, 0) == pid);
	return pid == 0;
}

/* Forks a task that stays a zombie. */
static pid_t zombies[8];
static int zombie_count;

static int dies(void)
{
	pid_t pid = fork();
	MUST(pid >= 0);
	if (pid > 0) {
		siginfo_t info;
		MUST(waitid(P_PID, pid, &info, WEXITED | WNOWAIT) == 0);
		zombies[zombie_count++] = pid;
	}
	return pid == 0;
}

static void *fork_in_thread(void *unused)
{
	(void)unused;
	if (task(0) == 0)
		stay();
	return NULL;
}

/* A thread that stays, with a child. */
static void *fork_and_stay(void *unused)
{
	fork_in_thread(unused);
	pause();
	return NULL;
}

static void in_sessions(void)
{
	/* A session that has lost its leader, with two tasks and a group left. */
	if (passes()) {
		setsid();
		for (int n = 0; n < 2; n++)
			if (task(0) == 0) {
				if (n == 1)
					setpgid(0, 0);
				stay();
			}
		_exit(0);
	}
	/* The leader is a zombie. */
	if (dies()) {
		setsid();
		if (task(0) == 0) {
			if (task(0) == 0)
				setpgid(0, 0), stay();
			stay();
		}
		_exit(3);
	}
	/* A live leader with tasks of its session elsewhere: an orphan, and a sibling made with CLONE_PARENT. */
	if (task(0) == 0) {
		setsid();
		if (passes()) {
			if (task(0) == 0)
				stay();
			_exit(0);
		}
		if (task(CLONE_PARENT) == 0)
			stay();
		stay();
	}
	/* Children are born before and after their forebears take sessions. */
	if (task(0) == 0) {
		if (task(0) == 0) {
			if (task(0) == 0)
				stay();
			setsid();
			if (task(0) == 0)
				setsid(), stay();
			stay();
		}
		setsid();
		if (task(0) == 0)
			stay();
		stay();
	}
}

static void in_groups(void)
{
	/* The leader of a group is gone, in which a task and a zombie are. */
	pid_t gone = fork();
	MUST(gone >= 0);
	if (gone == 0) {
		pause();
		_exit(0);
	}
	MUST(setpgid(gone, gone) == 0);
	pid_t member = task(0);
	if (member == 0)
		stay();
	MUST(setpgid(member, gone) == 0);
	if (dies())
		_exit(setpgid(0, gone));
	kill(gone, SIGKILL);
	MUST(waitpid(gone, NULL, 0) == gone);
	/* The leader of a process group is a zombie. */
	if (dies()) {
		setpgid(0, 0);
		if (task(0) == 0)
			stay();
		_exit(0);
	}
}

static void deep(int levels)
{
	for (; levels > 0; levels--)
		if (task(0) != 0) {
			if (mine >= 0)
				stay();
			return;
		}
	stay();
}

static int count(const char *name, int otherwise)
{
	const char *value = getenv(name);
	return value ? atoi(value) : otherwise;
}

int main(void)
{
	int levels = count("LEVELS", 30), width = count("WIDTH", 50);
	seen = mmap(NULL, MOST * sizeof *seen, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	MUST(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
	in_sessions();
	in_groups();
	deep(levels);
	for (int n = 0; n < width; n++)
		if (task(0) == 0)
			stay();
	pthread_t thread;
	MUST(pthread_create(&thread, NULL, fork_in_thread, NULL) == 0 && pthread_join(thread, NULL) == 0);
	MUST(pthread_create(&thread, NULL, fork_and_stay, NULL) == 0);
	usleep(100000);
	struct { pid_t session, group; } dead[8];
	for (int n = 0; n < zombie_count; n++) {
		dead[n].session = getsid(zombies[n]);
		dead[n].group = getpgid(zombies[n]);
	}
	set(&shared->record);
	for (int n = 0; n < shared->tasks; n++)
		while (__atomic_load_n(&seen[n].answered, __ATOMIC_ACQUIRE) != 1)
			usleep(1000);
	wait_for_restore();
	set(&shared->verify);
	for (int n = 0; n < shared->tasks; n++) {
		for (int tries = 0; tries < 5000 && __atomic_load_n(&seen[n].answered, __ATOMIC_ACQUIRE) != 2; tries++)
			usleep(2000);
		CHECK(seen[n].answered == 2, "task %d (%d) does not answer", n, seen[n].pid);
		CHECK(seen[n].problem[0] == 0, "task %d: %s", n, seen[n].problem);
	}
	for (int n = 0; n < zombie_count; n++) {
		CHECK(getsid(zombies[n]) == dead[n].session && getpgid(zombies[n]) == dead[n].group, "zombie %d: session %d group %d",
		      zombies[n], getsid(zombies[n]), getpgid(zombies[n]));
		siginfo_t info = { 0 };
		CHECK(waitid(P_PID, zombies[n], &info, WEXITED | WNOHANG) == 0 && info.si_pid == zombies[n], "zombie %d", zombies[n]);
	}
	for (int n = 0; n < shared->tasks; n++)
		kill(seen[n].pid, SIGKILL);
	return finish();
}
