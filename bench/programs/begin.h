/* How the programs begin: in a child with a pid of its choice, in a session of its own, while the parent waits until the child is ready. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
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

/* Returns in the child, which has only the first three descriptors and this one. It goes to say_ready(), and the parent exits then. */
static int begin_at(pid_t pid)
{
	int ready[2];
	char byte;
	if (pipe(ready) < 0)
		exit(2);
	pid_t child = fork_at(pid);
	if (child < 0) {
		perror("clone3");
		exit(1);
	}
	if (child > 0) {
		close(ready[1]);
		exit(read(ready[0], &byte, 1) == 1 ? 0 : 1);
	}
	setsid();
	int end = dup2(ready[1], 3);
	syscall(SYS_close_range, 4, ~0U, 0);
	return end;
}

static void leave_terminal(void)
{
	int null = open("/dev/null", O_RDWR);
	dup2(null, 0), dup2(null, 1), dup2(null, 2);
	close(null);
}

static void say_ready(int end)
{
	leave_terminal();
	if (write(end, "", 1) != 1)
		exit(1);
	close(end);
}
