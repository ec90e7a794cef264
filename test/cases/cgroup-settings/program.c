/*
 * A task, its child and one of its threads in cgroups of every hierarchy. Each line of the file `cgroups` names one of them and a path. If the last
 * line is `namespace`, the program runs in a cgroup namespace with these roots, one directory below them.
 */
#include "../case.h"
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>

static pid_t thread_id;

static void *stay(void *nothing)
{
	thread_id = syscall(SYS_gettid);
	for (;;)
		pause();
	return nothing;
}

static void enter(const char *cgroup, const char *list, pid_t pid)
{
	char path[600], text[16];
	snprintf(path, sizeof path, "%s/%s", cgroup, list);
	snprintf(text, sizeof text, "%d", pid);
	int fd = open(path, O_WRONLY);
	MUST(fd >= 0 && write(fd, text, strlen(text)) > 0);
	close(fd);
}

static char *cgroups_of(pid_t pid)
{
	char path[64], *text = calloc(1, 8192);
	snprintf(path, sizeof path, "/proc/%d/cgroup", pid);
	int fd = open(path, O_RDONLY);
	MUST(fd >= 0 && read(fd, text, 8191) > 0);
	close(fd);
	return text;
}

int main(void)
{
	char line[600], who[32], path[512];
	pthread_t thread;
	pid_t child = fork();
	MUST(child >= 0);
	if (child == 0)
		for (;;)
			pause();
	MUST(pthread_create(&thread, NULL, stay, NULL) == 0);
	while (!__atomic_load_n(&thread_id, __ATOMIC_SEQ_CST))
		usleep(1000);
	FILE *file = fopen("cgroups", "r");
	MUST(file);
	while (fgets(line, sizeof line, file)) {
		MUST(sscanf(line, "%31s %511s", who, path) >= 1);
		if (strcmp(who, "parent") == 0)
			enter(path, "cgroup.procs", getpid());
		if (strcmp(who, "child") == 0)
			enter(path, "cgroup.procs", child);
		if (strcmp(who, "thread") == 0)
			enter(path, "tasks", thread_id);
	}
	fclose(file);
	pid_t ids[] = { getpid(), child, thread_id };
	char *before[3];
	for (int n = 0; n < 3; n++)
		before[n] = cgroups_of(ids[n]);
	wait_for_restore();
	for (int n = 0; n < 3; n++)
		CHECK(strcmp(before[n], cgroups_of(ids[n])) == 0, "the cgroups of task %d are %s and were %s", n, cgroups_of(ids[n]), before[n]);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	return finish();
}
