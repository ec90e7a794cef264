/* Two tasks in separate cgroups, one of which has a limit. The file `cgroups` names the cgroups, one path a line. */
#include "../case.h"

/* Whether a task is in a cgroup whose path has this end. */
static int is_in(pid_t pid, const char *end)
{
	char path[64], line[512];
	snprintf(path, sizeof path, "/proc/%d/cgroup", pid);
	FILE *file = fopen(path, "r");
	int found = 0;
	while (file && fgets(line, sizeof line, file)) {
		line[strcspn(line, "\n")] = 0;
		found |= ends_with(line, end);
	}
	if (file)
		fclose(file);
	return found;
}

static void enter(const char *cgroup, pid_t pid)
{
	char path[600], text[16];
	snprintf(path, sizeof path, "%s/cgroup.procs", cgroup);
	snprintf(text, sizeof text, "%d", pid);
	int fd = open(path, O_WRONLY);
	MUST(fd >= 0 && write(fd, text, strlen(text)) > 0);
	close(fd);
}

int main(void)
{
	char first[512] = "", second[512] = "";
	FILE *file = fopen("cgroups", "r");
	MUST(file && fgets(first, sizeof first, file) && fgets(second, sizeof second, file));
	fclose(file);
	first[strcspn(first, "\n")] = 0, second[strcspn(second, "\n")] = 0;
	enter(first, getpid());
	pid_t child = fork();
	MUST(child >= 0);
	if (child == 0)
		for (;;)
			pause();
	enter(second, child);
	wait_for_restore();
	CHECK(is_in(getpid(), strstr(first, "/restage-")), "the parent is not in %s", first);
	CHECK(is_in(child, strstr(second, "/restage-")), "the child is not in %s", second);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	return finish();
}
