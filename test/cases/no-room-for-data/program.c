/* A task that may have no more data (RLIMIT_DATA). */
#include "../case.h"
#include <sys/resource.h>

int main(void)
{
	struct rlimit none = { 0, 0 }, limit;
	char *memory = malloc(100000);
	memset(memory, 'm', 100000);
	MUST(setrlimit(RLIMIT_DATA, &none) == 0);
	MUST(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED && errno == ENOMEM);
	wait_for_restore();
	CHECK(getrlimit(RLIMIT_DATA, &limit) == 0 && limit.rlim_cur == 0 && limit.rlim_max == 0, "limit %d", (int)limit.rlim_cur);
	CHECK(memory[0] == 'm' && memory[99999] == 'm', "memory");
	return finish();
}
