/* Settings of memory that CRIU does not save: sealed mappings, locking of future mappings, merging of equal pages; and a droppable mapping. */
#include "../case.h"
#include <sys/prctl.h>
#include <sys/syscall.h>

#ifndef SYS_mseal
#define SYS_mseal 462
#endif
#ifndef PR_SET_MEMORY_MERGE
#define PR_SET_MEMORY_MERGE 67
#define PR_GET_MEMORY_MERGE 68
#endif

static char *map(void)
{
	char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	MUST(page != MAP_FAILED);
	return page;
}

static int is_locked(void *page)
{
	return msync(page, 4096, MS_INVALIDATE) != 0 && errno == EBUSY;
}

/* A child, with pages locked as they are touched. */
static int other(void)
{
	MUST(mlockall(MCL_FUTURE | MCL_ONFAULT) == 0);
	home = open(".", O_PATH);
	while (faccessat(home, "go", F_OK, 0) != 0)
		usleep(5000);
	char *page = map();
	unsigned char resident = 1;
	mincore(page, 4096, &resident);
	return is_locked(page) && (resident & 1) == 0 ? 0 : 1;
}

int main(void)
{
	char *sealed = map();
	strcpy(sealed, "sealed");
	MUST(mprotect(sealed, 8192, PROT_READ) == 0);
	int seals = syscall(SYS_mseal, sealed, 8192, 0) == 0;
	int merges = prctl(PR_SET_MEMORY_MERGE, 1, 0, 0, 0) == 0;
	char *droppable = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | 0x08 /* MAP_DROPPABLE */, -1, 0);
	if (droppable != MAP_FAILED)
		strcpy(droppable, "droppable");
	int child = fork();
	MUST(child >= 0);
	if (child == 0)
		_exit(other());
	MUST(mlockall(MCL_FUTURE) == 0);
	usleep(50000);
	int filter = open("/proc/self/coredump_filter", O_RDWR);
	MUST(write(filter, "0x7f", 4) == 4);
	wait_for_restore();
	close(filter), filter = open("/proc/self/coredump_filter", O_RDONLY);
	CHECK(has(filter, "0000007f\n"), "what a core dump has");
	CHECK(is_locked(map()), "a new mapping is not locked");
	if (seals)
		CHECK(mprotect(sealed, 4096, PROT_READ | PROT_WRITE) != 0 && errno == EPERM, "the mapping is not sealed");
	CHECK(strcmp(sealed, "sealed") == 0, "the content of the sealed mapping");
	if (merges)
		CHECK(prctl(PR_GET_MEMORY_MERGE, 0, 0, 0, 0) == 1, "equal pages are not merged");
	/* It may hold the state of a random number generator, which must not come back. */
	if (droppable != MAP_FAILED)
		CHECK(*droppable == 0, "the content of the droppable mapping");
	int status = 0;
	MUST(waitpid(child, &status, 0) == child);
	CHECK(status == 0, "the child's new mapping is not locked on fault");
	return finish();
}
