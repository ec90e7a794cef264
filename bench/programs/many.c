/* many KIND N PID: one task with that pid, and N mappings, open files or sockets in connected pairs. Ends when that task is complete. */
#include "begin.h"
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>

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

static int allow_descriptors(int count)
{
	struct rlimit limit = { count + 100, count + 100 };
	return setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

static int open_files(int count)
{
	for (int n = 0; n < count; n++)
		if (open("/dev/null", O_RDWR) < 0)
			return 0;
	return 1;
}

static int make_sockets(int count)
{
	int pair[2];
	for (int n = 0; n < count; n += 2)
		if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
			return 0;
	return 1;
}

int main(int argc, char **argv)
{
	if (argc != 4)
		return 2;
	int count = atoi(argv[2]);
	int end = begin_at(atoi(argv[3]));
	int (*make)(int) = strcmp(argv[1], "mappings") == 0 ? make_mappings : strcmp(argv[1], "sockets") == 0 ? make_sockets : open_files;
	if ((make != make_mappings && !allow_descriptors(count)) || !make(count)) {
		perror(argv[1]);
		return 1;
	}
	say_ready(end);
	for (;;)
		pause();
}
