/* A task whose address space is as large as it may be (RLIMIT_AS), and a child with the same limit. */
#include "../case.h"
#include <sys/resource.h>
#include <sys/wait.h>

static rlim_t size_in_kib(void)
{
	unsigned long size = 0;
	char line[256];
	FILE *status = fopen("/proc/self/status", "r");
	MUST(status != NULL);
	while (fgets(line, sizeof line, status) != NULL)
		if (sscanf(line, "VmSize: %lu kB", &size) == 1)
			break;
	fclose(status);
	return size;
}

static int is_full(void)
{
	return mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED && errno == ENOMEM;
}

int main(void)
{
	char *memory = malloc(100000);
	memset(memory, 'm', 100000);
	rlim_t most = size_in_kib() * 1024 + 4096;
	struct rlimit full = { most, RLIM_INFINITY }, limit;
	MUST(setrlimit(RLIMIT_AS, &full) == 0);
	MUST(is_full());
	pid_t child = fork();
	MUST(child >= 0);
	if (child == 0) {
		wait_for_restore();
		_exit(is_full() && getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur == most && limit.rlim_max == RLIM_INFINITY ? 0 : 1);
	}
	wait_for_restore();
	int status;
	CHECK(getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur == most && limit.rlim_max == RLIM_INFINITY, "limit %lu", (unsigned long)limit.rlim_cur);
	CHECK(memory[0] == 'm' && memory[99999] == 'm', "memory");
	CHECK(is_full(), "there is more room than before");
	CHECK(waitpid(child, &status, 0) == child && status == 0, "child %x", status);
	return finish();
}
