/* tree N PID: N small tasks with the pids from PID; the first is the parent of the others. Prints a line when all exist. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static pid_t fork_at(pid_t pid)
{
	struct clone_args args;
	memset(&args, 0, sizeof args);
	args.exit_signal = SIGCHLD;
	args.set_tid = (unsigned long)&pid;
	args.set_tid_size = 1;
	return syscall(SYS_clone3, &args, sizeof args);
}

int main(int argc, char **argv)
{
	int tasks = atoi(argv[1]), first = atoi(argv[2]);
	int ready[2];
	char byte;
	if (argc != 3 || pipe(ready) < 0)
		return 2;
	pid_t pid = fork_at(first);
	if (pid < 0) {
		perror("clone3");
		return 1;
	}
	if (pid > 0) {
		close(ready[1]);
		return read(ready[0], &byte, 1) == 1 ? 0 : 1;
	}
	setsid();
	int null = open("/dev/null", O_RDWR);
	dup2(null, 0), dup2(null, 1), dup2(null, 2);
	for (int n = 1; n < tasks; n++)
		if (fork_at(first + n) == 0) {
			syscall(SYS_close_range, 3, ~0U, 0);
			for (;;)
				pause();
		}
	if (write(ready[1], "", 1) != 1)
		return 1;
	syscall(SYS_close_range, 3, ~0U, 0);
	for (;;)
		pause();
}
