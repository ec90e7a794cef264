/* Threads and tasks of which some are in Landlock domains: their ids are in the file "confined". All others are outside, but could be in one. */
#include "../../cases/case.h"
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

static int list;
static int ready[2];

/* Without Landlock it does nothing. */
static void confine(void)
{
	struct landlock_ruleset_attr rules = { .handled_access_fs = LANDLOCK_ACCESS_FS_WRITE_FILE };
	int set = syscall(SYS_landlock_create_ruleset, &rules, sizeof rules.handled_access_fs, 0);
	if (set < 0 && (errno == ENOSYS || errno == EOPNOTSUPP))
		return;
	MUST(set >= 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && syscall(SYS_landlock_restrict_self, set, 0) == 0);
	close(set);
	dprintf(list, "%ld\n", syscall(SYS_gettid));
}

/* Calls of Landlock kill the process. */
static void forbid_landlock(void)
{
	struct sock_filter instructions[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, SYS_landlock_create_ruleset, 0, 2),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, SYS_landlock_restrict_self, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = { sizeof instructions / sizeof *instructions, instructions };
	MUST(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) == 0);
}

static void is_ready(void)
{
	MUST(write(ready[1], "", 1) == 1);
}

static void *confined_thread(void *unused)
{
	confine();
	is_ready();
	for (;;)
		pause();
	return unused;
}

static int entries(const char *path)
{
	int count = 0;
	DIR *directory = opendir(path);
	MUST(directory != NULL);
	while (readdir(directory) != NULL)
		count++;
	closedir(directory);
	return count;
}

/* The descriptors of a task, its threads, and whether it can gain privileges. */
static void state_of(pid_t pid, char *text, size_t size)
{
	char path[64], line[256];
	snprintf(path, sizeof path, "/proc/%d/fd", pid);
	int descriptors = entries(path);
	snprintf(path, sizeof path, "/proc/%d/task", pid);
	int threads = entries(path), privileges = -1;
	snprintf(path, sizeof path, "/proc/%d/status", pid);
	FILE *status = fopen(path, "r");
	MUST(status != NULL);
	while (fgets(line, sizeof line, status))
		sscanf(line, "NoNewPrivs: %d", &privileges);
	fclose(status);
	snprintf(text, size, "%d descriptors, %d threads, no new privileges: %d", descriptors, threads, privileges);
}

enum { PLAIN, USER, FILTERED, CONFINED, CHILDREN };

static void be(int kind)
{
	if (kind == USER)
		MUST(setgid(1234) == 0 && setuid(1234) == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	if (kind == CONFINED)
		confine();
	if (kind == FILTERED || kind == CONFINED)
		forbid_landlock();
}

int main(void)
{
	list = openat(home, "confined", O_WRONLY | O_CREAT | O_APPEND, 0666);
	MUST(list >= 0 && pipe(ready) == 0);
	pid_t children[CHILDREN];
	char before[CHILDREN + 1][128], after[128], byte;
	for (int kind = 0; kind < CHILDREN; kind++) {
		children[kind] = fork();
		MUST(children[kind] >= 0);
		if (children[kind] == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			be(kind);
			is_ready();
			for (;;)
				pause();
		}
	}
	pthread_t thread;
	MUST(pthread_create(&thread, NULL, confined_thread, NULL) == 0);
	for (int n = 0; n < CHILDREN + 1; n++)
		MUST(read(ready[0], &byte, 1) == 1);
	for (int kind = 0; kind <= CHILDREN; kind++)
		state_of(kind < CHILDREN ? children[kind] : getpid(), before[kind], sizeof before[kind]);
	wait_for_restore();
	for (int kind = 0; kind <= CHILDREN; kind++) {
		state_of(kind < CHILDREN ? children[kind] : getpid(), after, sizeof after);
		CHECK(strcmp(after, before[kind]) == 0, "task %d had %s, and has %s", kind, before[kind], after);
	}
	return finish();
}
