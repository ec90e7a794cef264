/* many KIND N PID: one task with that pid, and N mappings or N files that are open. Ends when that task is complete. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE 4096

static int make_mappings(int count)
{
	char *at = mmap(NULL, (size_t)count * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (at == MAP_FAILED)
		return 0;
	memset(at, 'm', (size_t)count * PAGE);
	/* Neighbours with equal protection would be one mapping. */
	for (int n = 0; n < count; n += 2)
		if (mprotect(at + (size_t)n * PAGE, PAGE, PROT_READ) < 0)
			return 0;
	return 1;
}

static int open_files(int count)
{
	struct rlimit limit = { count + 100, count + 100 };
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		return 0;
	for (int n = 0; n < count; n++)
		if (open("/dev/null", O_RDWR) < 0)
			return 0;
	return 1;
}

int main(int argc, char **argv)
{
	int ready[2];
	char byte;
	if (argc != 4 || pipe(ready) < 0)
		return 2;
	int count = atoi(argv[2]);
	pid_t want = atoi(argv[3]);
	struct clone_args args;
	memset(&args, 0, sizeof args);
	args.exit_signal = SIGCHLD;
	args.set_tid = (unsigned long)&want;
	args.set_tid_size = 1;
	pid_t pid = syscall(SYS_clone3, &args, sizeof args);
	if (pid < 0) {
		perror("clone3");
		return 1;
	}
	if (pid > 0) {
		close(ready[1]);
		return read(ready[0], &byte, 1) == 1 ? 0 : 1;
	}
	setsid();
	int end = dup2(ready[1], 3);
	syscall(SYS_close_range, 4, ~0U, 0);
	if (!(strcmp(argv[1], "mappings") == 0 ? make_mappings(count) : open_files(count))) {
		perror(argv[1]);
		return 1;
	}
	int null = open("/dev/null", O_RDWR);
	dup2(null, 0), dup2(null, 1), dup2(null, 2);
	if (write(end, "", 1) != 1)
		return 1;
	close(end);
	for (;;)
		pause();
}
