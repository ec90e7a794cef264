/* memory MIB PID: one task with that pid and MIB of anonymous memory, in which no two pages are equal. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	size_t size = (size_t)atoi(argv[1]) << 20;
	pid_t want = atoi(argv[2]);
	struct clone_args args;
	int ready[2];
	char byte;
	memset(&args, 0, sizeof args);
	args.exit_signal = SIGCHLD;
	args.set_tid = (unsigned long)&want;
	args.set_tid_size = 1;
	if (argc != 3 || pipe(ready) < 0)
		return 2;
	pid_t pid = syscall(SYS_clone3, &args, sizeof args);
	if (pid < 0)
		return 1;
	if (pid > 0) {
		close(ready[1]);
		return read(ready[0], &byte, 1) == 1 ? 0 : 1;
	}
	setsid();
	int null = open("/dev/null", O_RDWR);
	dup2(null, 0), dup2(null, 1), dup2(null, 2);
	unsigned long *words = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned long x = 1;
	for (size_t n = 0; n < size / 8; n++)
		words[n] = x = x * 6364136223846793005UL + 1442695040888963407UL;
	if (write(ready[1], "", 1) != 1)
		return 1;
	syscall(SYS_close_range, 3, ~0U, 0);
	for (;;)
		pause();
}
