/* Mappings of every kind, with advice and locks. Their content and their lines in /proc must not change. */
#include "../case.h"
#include <sys/resource.h>

#define PAGE 4096UL
#define RW (PROT_READ | PROT_WRITE)
#define ANONYMOUS (MAP_PRIVATE | MAP_ANONYMOUS)
#ifndef MLOCK_ONFAULT
#define MLOCK_ONFAULT 1
#endif

static void leave_out(char *line, const char *flag)
{
	char *found = strstr(line, flag);
	if (found != NULL)
		memmove(found, found + 3, strlen(found + 3) + 1);
}

/*
 * Addresses, protection, offset and flags of all mappings, as /proc shows them. Ignores soft-dirty, which the kernel manages; lock-on-fault, which
 * is not in the images; and accounting (ac), which depends on earlier writes.
 */
static char before[60000], after[60000];

static void describe(char *into, size_t size)
{
	char line[512], range[64] = "", permissions[8], offset[32];
	size_t at = 0;
	FILE *smaps = fopen("/proc/self/smaps", "r");
	MUST(smaps != NULL);
	while (fgets(line, sizeof line, smaps)) {
		if (strncmp(line, "VmFlags:", 8) == 0) {
			leave_out(line, " sd");
			leave_out(line, " lf");
			leave_out(line, " ac");
			/* These mappings grow while the program runs. */
			int own = strcmp(offset, "[heap]") == 0;
			if (!own)
				at += snprintf(into + at, size - at, "%s %s %s %s", range, permissions, offset, line + 9);
		} else if (line[0] != 'V' && strchr(line, '-') != NULL && strchr(line, ':') > strchr(line, '-')) {
			MUST(sscanf(line, "%63s %7s %31s", range, permissions, offset) == 3);
			if (strstr(line, "[heap]") != NULL)
				strcpy(offset, "[heap]");
		}
	}
	fclose(smaps);
}

/* Logs the lines that only one of the texts has. */
static void compare(char *was, char *is, const char *what)
{
	char *rest;
	for (char *line = strtok_r(was, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
		errno = 0;
		CHECK(strstr(is, line) != NULL, "%s %s", what, line);
	}
}

static char *map(size_t length, int prot, int flags, int fd, off_t offset)
{
	/* A gap keeps the kernel from merging neighbours. */
	char *place = mmap(NULL, length + 2 * PAGE, PROT_NONE, ANONYMOUS, -1, 0);
	MUST(place != MAP_FAILED && munmap(place, length + 2 * PAGE) == 0);
	char *memory = mmap(place + PAGE, length, prot, flags | MAP_FIXED, fd, offset);
	MUST(memory != MAP_FAILED);
	return memory;
}

static int make(const char *name, int flags, off_t size)
{
	int fd = open(name, flags | O_CREAT, 0600);
	MUST(fd >= 0 && (size == 0 || ftruncate(fd, size) == 0));
	return fd;
}

int main(void)
{
	char *advised[32];
	int advice[] = { MADV_RANDOM, MADV_SEQUENTIAL, MADV_DONTFORK, MADV_DONTDUMP, MADV_WIPEONFORK, MADV_HUGEPAGE, MADV_NOHUGEPAGE, MADV_MERGEABLE };
	int count = sizeof advice / sizeof *advice;
	for (int n = 0; n < count; n++) {
		advised[n] = map(3 * PAGE, RW, ANONYMOUS, -1, 0);
		memset(advised[n], 'a' + n, 3 * PAGE);
		if (madvise(advised[n], 3 * PAGE, advice[n]) != 0)
			MUST(errno == EINVAL && advice[n] == MADV_MERGEABLE);
	}
	char *locked = map(2 * PAGE, RW, ANONYMOUS | MAP_LOCKED, -1, 0);
	char *on_fault = map(4 * PAGE, RW, ANONYMOUS, -1, 0);
	MUST(mlock2(on_fault, 4 * PAGE, MLOCK_ONFAULT) == 0);
	strcpy(locked, "locked");
	strcpy(on_fault + PAGE, "on fault");
	char *unreserved = map(8UL << 30, RW, ANONYMOUS | MAP_NORESERVE, -1, 0);
	strcpy(unreserved + (5UL << 30), "sparse");
	char *zeroes = map(64 * PAGE, PROT_READ, ANONYMOUS, -1, 0);
	for (int n = 0; n < 64; n++)
		MUST(zeroes[n * PAGE] == 0);
	char *closed = map(2 * PAGE, RW, ANONYMOUS, -1, 0);
	strcpy(closed, "closed");
	MUST(mprotect(closed, 2 * PAGE, PROT_NONE) == 0);
	char *droppable = mmap(NULL, 4 * PAGE, RW, MAP_ANONYMOUS | 0x08 /* MAP_DROPPABLE */, -1, 0);
	if (droppable != MAP_FAILED)
		strcpy(droppable, "droppable");
	/* A stack that has grown down to the touched address. */
	char *grows = map(16 * PAGE, RW, ANONYMOUS | MAP_GROWSDOWN, -1, 0);
	memset(grows, 'g', 16 * PAGE);

	char *zero_shared = map(2 * PAGE, RW, MAP_SHARED, open("/dev/zero", O_RDWR), 0);
	char *zero_private = map(2 * PAGE, RW, MAP_PRIVATE, open("/dev/zero", O_RDWR), 0);
	strcpy(zero_shared, "zero shared");
	strcpy(zero_private + PAGE, "zero private");

	int file = make("file", O_RDWR, 8 * PAGE);
	MUST(pwrite(file, "content", 7, 2 * PAGE) == 7);
	char *file_shared = map(8 * PAGE, RW, MAP_SHARED, file, 0);
	char *file_private = map(8 * PAGE, RW, MAP_PRIVATE, file, 0);
	strcpy(file_private + 3 * PAGE, "private copy");
	char *read_only = map(PAGE, PROT_READ, MAP_SHARED, open("file", O_RDONLY), 2 * PAGE);
	char *no_access = map(PAGE, PROT_NONE, MAP_SHARED, file, 2 * PAGE);
	char *execute = map(2 * PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE, open("file", O_RDONLY), 2 * PAGE);
	char *write_only = map(PAGE, PROT_WRITE, MAP_SHARED, file, 4 * PAGE);
	/* Content in a mapping that is no longer writable, like relocated data. */
	char *relocated = map(2 * PAGE, RW, MAP_PRIVATE, open("file", O_RDONLY), 2 * PAGE);
	strcpy(relocated + PAGE, "relocated");
	MUST(mprotect(relocated, 2 * PAGE, PROT_READ) == 0);
	int little = make("little", O_RDWR, PAGE);
	MUST(write(little, "little", 6) == 6);
	char *beyond_private = map(4 * PAGE, RW, MAP_PRIVATE, little, 0);
	char *beyond_shared = map(4 * PAGE, RW, MAP_SHARED, little, 0);
	strcpy(beyond_private, "LITTLE");
	int deleted = make("deleted", O_RDWR, 2 * PAGE);
	char *deleted_shared = map(2 * PAGE, RW, MAP_SHARED, deleted, 0);
	char *deleted_private = map(2 * PAGE, RW, MAP_PRIVATE, deleted, 0);
	strcpy(deleted_shared, "deleted");
	strcpy(deleted_private + PAGE, "my copy");
	MUST(unlink("deleted") == 0 && close(deleted) == 0);
	int posix = shm_open("/restage-case", O_RDWR | O_CREAT, 0600);
	MUST(posix >= 0 && ftruncate(posix, 2 * PAGE) == 0);
	char *posix_shared = map(2 * PAGE, RW, MAP_SHARED, posix, 0);
	strcpy(posix_shared, "posix");
	MUST(close(posix) == 0 && shm_unlink("/restage-case") == 0);
	char *anonymous_shared = map(4 * PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	strcpy(anonymous_shared + 2 * PAGE, "shared");
	MUST(mprotect(anonymous_shared, PAGE, PROT_NONE) == 0);
	MUST(madvise(anonymous_shared + 3 * PAGE, PAGE, MADV_DONTFORK) == 0);

	describe(before, sizeof before);
	wait_for_restore();
	describe(after, sizeof after);
	static char copy[60000];
	strcpy(copy, after);
	static char original[60000];
	strcpy(original, before);
	compare(before, after, "was:");
	compare(copy, original, "is:");
	for (int n = 0; n < count; n++)
		CHECK(advised[n][2 * PAGE] == 'a' + n, "advice %d", advice[n]);
	CHECK(strcmp(locked, "locked") == 0 && strcmp(on_fault + PAGE, "on fault") == 0, "locked memory");
	CHECK(strcmp(unreserved + (5UL << 30), "sparse") == 0 && unreserved[7UL << 30] == 0, "sparse memory");
	CHECK(zeroes[60 * PAGE] == 0, "zeroes");
	MUST(mprotect(closed, 2 * PAGE, PROT_READ) == 0);
	CHECK(strcmp(closed, "closed") == 0, "closed memory");
	/* The kernel may drop its content at any time, and the images do not have it. */
	if (droppable != MAP_FAILED)
		strcpy(droppable, "again");
	CHECK(grows[0] == 'g' && grows[16 * PAGE - 1] == 'g', "growing memory");
	/* Touching the page below makes the stack grow. */
	grows[-1] = 'h';
	CHECK(grows[-1] == 'h', "it grows");
	CHECK(strcmp(zero_shared, "zero shared") == 0 && strcmp(zero_private + PAGE, "zero private") == 0, "/dev/zero");
	CHECK(strcmp(file_shared + 2 * PAGE, "content") == 0, "shared file");
	CHECK(strcmp(file_private + 3 * PAGE, "private copy") == 0 && strcmp(file_private + 2 * PAGE, "content") == 0, "private file");
	CHECK(strcmp(read_only, "content") == 0 && strcmp(execute, "content") == 0, "read-only and executable file");
	MUST(mprotect(no_access, PAGE, RW) == 0);
	strcpy(no_access, "changed");
	CHECK(strcmp(read_only, "changed") == 0 && strcmp(relocated, "changed") == 0, "file shared by several mappings");
	CHECK(strcmp(relocated + PAGE, "relocated") == 0, "relocated data");
	CHECK(mprotect(read_only, PAGE, RW) < 0 && errno == EACCES, "a read-only file can be written");
	strcpy(write_only, "written");
	CHECK(strcmp(file_shared + 4 * PAGE, "written") == 0, "write-only mapping");
	CHECK(strcmp(beyond_private, "LITTLE") == 0 && strcmp(beyond_shared, "little") == 0, "mapping beyond the file's end");
	MUST(ftruncate(little, 4 * PAGE) == 0);
	strcpy(beyond_shared + 3 * PAGE, "longer");
	CHECK(strcmp(beyond_private + 3 * PAGE, "longer") == 0, "beyond the end when the file grew");
	CHECK(strcmp(deleted_shared, "deleted") == 0 && strcmp(deleted_private + PAGE, "my copy") == 0, "deleted file");
	CHECK(strcmp(deleted_private, "deleted") == 0, "deleted file, private");
	CHECK(strcmp(posix_shared, "posix") == 0, "POSIX shared memory");
	CHECK(strcmp(anonymous_shared + 2 * PAGE, "shared") == 0, "shared anonymous memory");
	return finish();
}
