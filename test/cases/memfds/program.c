/* Memfds with seals, several open file descriptions, owners and modes, private and shared mappings in parent and child, and unmapped ends. */
#include "../case.h"

#define PAGE 4096

static int make(const char *name, unsigned flags, off_t size)
{
	int fd = memfd_create(name, flags);
	MUST(fd >= 0 && ftruncate(fd, size) == 0);
	return fd;
}

int main(void)
{
	int sealed = make("sealed", MFD_ALLOW_SEALING, 2 * PAGE);
	MUST(pwrite(sealed, "sealed", 6, PAGE) == 6);
	MUST(fcntl(sealed, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW) == 0);
	char *read_only = mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, open(name_of(sealed)[0] ? "/proc/self/fd/3" : "", O_RDONLY), 0);
	int future = make("future", MFD_ALLOW_SEALING, PAGE);
	char *writable = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, future, 0);
	MUST(writable != MAP_FAILED && fcntl(future, F_ADD_SEALS, F_SEAL_FUTURE_WRITE) == 0);
	int plain = make("plain", 0, 100 * PAGE + 17);
	MUST(pwrite(plain, "middle", 6, 50 * PAGE + 5) == 6 && pwrite(plain, "end", 3, 100 * PAGE + 14) == 3);
	MUST(fchmod(plain, 0640) == 0 && fchown(plain, 0, 12) == 0);
	int again = open("/proc/self/fd/5", O_RDONLY | O_NONBLOCK);
	MUST(again >= 0 && lseek(plain, 7, SEEK_SET) == 7 && lseek(again, 99, SEEK_SET) == 99);
	char *dirty = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, plain, 50 * PAGE);
	MUST(dirty != MAP_FAILED);
	dirty[0] = 'd';
	char *shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	MUST(shared != MAP_FAILED);
	strcpy(shared, "before");
	pid_t child = fork();
	if (child == 0) {
		while (strcmp(shared, "go") != 0)
			usleep(1000);
		int ok = dirty[0] == 'd' && memcmp(dirty + 5, "middle", 6) == 0 && strcmp(writable, "written") == 0;
		strcpy(shared, ok ? "right" : "wrong");
		for (;;)
			pause();
	}
	wait_for_restore();
	CHECK(fcntl(sealed, F_GET_SEALS) == (F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW), "seals are %x", fcntl(sealed, F_GET_SEALS));
	CHECK(write(sealed, "x", 1) < 0 && errno == EPERM, "what is sealed can be written");
	CHECK(memcmp(read_only + PAGE, "sealed", 6) == 0, "mapping of what is sealed");
	CHECK(fcntl(future, F_GET_SEALS) == F_SEAL_FUTURE_WRITE, "seals are %x", fcntl(future, F_GET_SEALS));
	CHECK(fcntl(plain, F_GET_SEALS) == F_SEAL_SEAL, "seals are %x", fcntl(plain, F_GET_SEALS));
	struct stat stat;
	MUST(fstat(plain, &stat) == 0);
	CHECK(stat.st_size == 100 * PAGE + 17 && (stat.st_mode & 07777) == 0640 && stat.st_gid == 12, "%ld bytes, mode %o, group %d", (long)stat.st_size, stat.st_mode, stat.st_gid);
	char text[8] = "";
	CHECK(pread(plain, text, 6, 50 * PAGE + 5) == 6 && strcmp(text, "middle") == 0, "content %s", text);
	CHECK(pread(plain, text, 3, 100 * PAGE + 14) == 3 && memcmp(text, "end", 3) == 0, "end");
	CHECK(lseek(plain, 0, SEEK_CUR) == 7 && lseek(again, 0, SEEK_CUR) == 99, "positions");
	CHECK((fcntl(again, F_GETFL) & (O_ACCMODE | O_NONBLOCK)) == O_NONBLOCK, "flags are %o", fcntl(again, F_GETFL));
	CHECK(strcmp(strrchr(name_of(plain), ':'), ":plain (deleted)") == 0, "name is %s", name_of(plain));
	strcpy(writable, "written");
	CHECK(strcmp(shared, "before") == 0, "shared memory has %s", shared);
	strcpy(shared, "go");
	for (int n = 0; n < 2000 && strcmp(shared, "go") == 0; n++)
		usleep(1000);
	CHECK(strcmp(shared, "right") == 0, "the child says %s", shared);
	kill(child, SIGKILL);
	return finish();
}
