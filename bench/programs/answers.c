/*
 * answers MIB PID PATH: one task with that pid and MIB of anonymous memory. For each connection to the Unix socket PATH it reads some pages of the memory,
 * and answers with a byte.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#define PAGE 4096
#define TOUCHED 100

int main(int argc, char **argv)
{
	if (argc != 4)
		return 2;
	size_t size = (size_t)atoi(argv[1]) << 20;
	pid_t want = atoi(argv[2]);
	struct clone_args args;
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int ready[2];
	char byte;
	strncpy(address.sun_path, argv[3], sizeof address.sun_path - 1);
	memset(&args, 0, sizeof args);
	args.exit_signal = SIGCHLD;
	args.set_tid = (unsigned long)&want;
	args.set_tid_size = 1;
	if (pipe(ready) < 0)
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
	int server = socket(AF_UNIX, SOCK_STREAM, 0);
	if (bind(server, (struct sockaddr *)&address, sizeof address) < 0 || listen(server, 8) < 0)
		return 1;
	unsigned long *words = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned long x = 1;
	for (size_t n = 0; n < size / 8; n++)
		words[n] = x = x * 6364136223846793005UL + 1442695040888963407UL;
	if (write(ready[1], "", 1) != 1)
		return 1;
	close(ready[0]), close(ready[1]);
	dup2(server, 3);
	syscall(SYS_close_range, 4, ~0U, 0);
	for (;;) {
		int client = accept(3, NULL, NULL);
		unsigned long sum = 0;
		for (size_t n = 0; n < TOUCHED; n++)
			sum += words[(n * 7919 * PAGE % size) / 8];
		byte = sum % 255;
		if (client < 0 || write(client, &byte, 1) != 1)
			return 1;
		/* Until the client closes its end. */
		(void)!read(client, &byte, 1);
		close(client);
	}
}
