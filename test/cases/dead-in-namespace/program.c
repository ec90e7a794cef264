/* Open files in /proc/PID of a process that has ended, in new pid and mount namespaces. */
#include "../container.h"
#include <linux/sched.h>

static const char *const names[] = { "", "/status", "/mountinfo", "/mounts", "/task", "/maps" };
enum { COUNT = sizeof names / sizeof *names };

/* Opens files of a task that ends later. */
static void open_files(pid_t task, int *fds)
{
	char path[64];
	for (int n = 0; n < COUNT; n++) {
		snprintf(path, sizeof path, "/proc/%d%s", task, names[n]);
		MUST((fds[n] = open(path, O_RDONLY)) >= 0);
	}
}

static void check_files(pid_t task, const int *fds)
{
	char byte, path[64];
	CHECK(read(fds[1], &byte, 1) < 0 && errno == ESRCH, "status can be read");
	CHECK(faccessat(fds[0], "status", F_OK, 0) < 0, "the process is there");
	for (int n = 0; n < COUNT; n++) {
		char now[64] = "", link[64];
		snprintf(path, sizeof path, "/proc/%d%s", task, names[n]);
		snprintf(link, sizeof link, "/proc/self/fd/%d", fds[n]);
		CHECK(readlink(link, now, sizeof now - 1) > 0 && strncmp(now, path, strlen(path)) == 0, "%s is %s", path, now);
	}
}

static int contained(void)
{
	MUST(getpid() == 1 && setsid() == 1);
	wait_for_name();
	/* What was open is outside. */
	close(0), close(1), close(2);
	int report[2], fds[COUNT];
	MUST(pipe(report) == 0);
	pid_t child = fork();
	if (child == 0) {
		pause();
		_exit(0);
	}
	pid_t other = fork();
	if (other == 0) {
		/* It opens them itself: its descriptions are others. */
		open_files(child, fds);
		MUST(write(report[1], "r", 1) == 1);
		while (faccessat(home, "go", F_OK, 0) != 0)
			usleep(5000);
		check_files(child, fds);
		MUST(write(report[1], failures, sizeof failures) == sizeof failures);
		_exit(0);
	}
	char byte;
	open_files(child, fds);
	MUST(read(report[0], &byte, 1) == 1);
	MUST(kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child);

	wait_for_restore();

	MUST(read(report[0], failures, sizeof failures) == sizeof failures);
	check_files(child, fds);
	return finish();
}

int main(int count, char **argv)
{
	(void)count;
	if (access("/program", X_OK) == 0)
		return contained();
	struct clone_args args = { .flags = CLONE_NEWPID | CLONE_NEWNS, .exit_signal = SIGCHLD };
	MUST(mkdir("proc", 0755) == 0);
	pid_t pid = syscall(SYS_clone3, &args, sizeof args);
	MUST(pid >= 0);
	if (pid == 0)
		enter(argv);
	char text[12];
	snprintf(text, sizeof text, "%d", pid);
	put("tree", text);
	return waitpid(pid, NULL, 0) == pid ? 0 : 1;
}
