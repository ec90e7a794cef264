/*
 * Huge pages (hugetlb) in private and shared anonymous mappings, a memfd, System V shared memory and a hugetlbfs file. A child has written to
 * some of them.
 */
#include "../case.h"
#include <sched.h>
#include <sys/mount.h>
#include <sys/shm.h>

#define HUGE (2UL << 20)
#define PRIVATE_HUGE (MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB)
#define SHARED_HUGE (MAP_SHARED | MAP_ANONYMOUS | MAP_HUGETLB)

static char *map(size_t length, int flags, int fd)
{
	char *memory = mmap(NULL, length, PROT_READ | PROT_WRITE, flags, fd, 0);
	MUST(memory != MAP_FAILED);
	return memory;
}

/* Whether the kernel reports huge pages for a mapping. */
static int is_huge(void *at)
{
	char line[512], start[32];
	int found = 0, inside = 0;
	snprintf(start, sizeof start, "%lx-", (unsigned long)at);
	FILE *smaps = fopen("/proc/self/smaps", "r");
	while (fgets(line, sizeof line, smaps)) {
		if (strncmp(line, start, strlen(start)) == 0)
			inside = 1;
		if (inside && strncmp(line, "VmFlags:", 8) == 0) {
			found = strstr(line, " ht") != NULL;
			break;
		}
	}
	fclose(smaps);
	return found;
}

int main(void)
{
	MUST(unshare(CLONE_NEWIPC) == 0);
	char *private = map(2 * HUGE, PRIVATE_HUGE, -1);
	strcpy(private, "private");
	strcpy(private + HUGE + 4096, "second");
	char *untouched = map(HUGE, PRIVATE_HUGE, -1);
	char *shared = map(2 * HUGE, SHARED_HUGE, -1);
	strcpy(shared + HUGE + 17, "shared");
	int memfd = memfd_create("huge", MFD_HUGETLB | MFD_ALLOW_SEALING);
	MUST(memfd >= 0 && ftruncate(memfd, 2 * HUGE) == 0);
	char *file = map(2 * HUGE, MAP_SHARED, memfd);
	strcpy(file + HUGE, "memfd");
	char *dirty = map(2 * HUGE, MAP_PRIVATE, memfd);
	strcpy(dirty + HUGE + 8192, "dirty");
	MUST(fcntl(memfd, F_ADD_SEALS, F_SEAL_SHRINK) == 0);
	int id = shmget(IPC_PRIVATE, HUGE, IPC_CREAT | SHM_HUGETLB | 0600);
	MUST(id >= 0);
	char *system_v = shmat(id, NULL, 0);
	MUST(system_v != (void *)-1);
	strcpy(system_v + 5, "system v");
	/* A hugetlbfs file, if the test has mounted hugetlbfs. */
	char *named = NULL;
	int hugetlbfs = open("hugetlbfs/file", O_RDWR | O_CREAT, 0600);
	if (hugetlbfs >= 0) {
		MUST(ftruncate(hugetlbfs, HUGE) == 0);
		named = map(HUGE, MAP_SHARED, hugetlbfs);
		strcpy(named, "hugetlbfs");
	}
	char *read_only = map(HUGE, PRIVATE_HUGE, -1);
	strcpy(read_only, "read-only");
	MUST(mprotect(read_only, HUGE, PROT_READ) == 0);
	pid_t child = fork();
	MUST(child >= 0);
	if (child == 0) {
		strcpy(private, "child's");
		strcpy(shared, "ready");
		while (strcmp(shared, "go") != 0)
			usleep(1000);
		int ok = strcmp(private, "child's") == 0 && strcmp(private + HUGE + 4096, "second") == 0 &&
			 strcmp(dirty + HUGE + 8192, "dirty") == 0 && strcmp(system_v + 5, "system v") == 0;
		strcpy(file, "from the child");
		strcpy(shared, ok ? "right" : "wrong");
		for (;;)
			pause();
	}
	while (strcmp(shared, "ready") != 0)
		usleep(1000);
	wait_for_restore();
	struct stat stat;
	CHECK(strcmp(private, "private") == 0 && strcmp(private + HUGE + 4096, "second") == 0, "private %s %s", private, private + HUGE + 4096);
	CHECK(strcmp(shared + HUGE + 17, "shared") == 0, "shared %s", shared + HUGE + 17);
	CHECK(strcmp(file + HUGE, "memfd") == 0 && strcmp(dirty + HUGE, "memfd") == 0, "memfd %s %s", file + HUGE, dirty + HUGE);
	CHECK(strcmp(dirty + HUGE + 8192, "dirty") == 0 && file[HUGE + 8192] == 0, "dirty %s", dirty + HUGE + 8192);
	CHECK(strcmp(system_v + 5, "system v") == 0, "System V %s", system_v + 5);
	if (named != NULL)
		CHECK(strcmp(named, "hugetlbfs") == 0 && is_huge(named) && fstat(hugetlbfs, &stat) == 0 && stat.st_size == HUGE, "hugetlbfs %s", named);
	CHECK(strcmp(read_only, "read-only") == 0, "read-only %s", read_only);
	CHECK(untouched[HUGE - 1] == 0, "untouched");
	CHECK(is_huge(private) && is_huge(untouched) && is_huge(shared) && is_huge(file) && is_huge(dirty) && is_huge(system_v) && is_huge(read_only),
	      "huge pages: %d%d%d%d%d%d%d", is_huge(private), is_huge(untouched), is_huge(shared), is_huge(file), is_huge(dirty), is_huge(system_v), is_huge(read_only));
	CHECK(fcntl(memfd, F_GET_SEALS) == F_SEAL_SHRINK, "seals are %x", fcntl(memfd, F_GET_SEALS));
	MUST(fstat(memfd, &stat) == 0);
	CHECK(stat.st_size == 2 * HUGE && stat.st_blksize == HUGE, "%ld bytes in blocks of %ld", (long)stat.st_size, (long)stat.st_blksize);
	strcpy(shared, "go");
	for (int n = 0; n < 2000 && strcmp(shared, "go") == 0; n++)
		usleep(1000);
	CHECK(strcmp(shared, "right") == 0, "the child says %s", shared);
	CHECK(strcmp(file, "from the child") == 0, "the memfd has %s", file);
	kill(child, SIGKILL);
	return finish();
}
