/* Files opened in unusual ways: with O_PATH, without a name (O_TMPFILE), in /proc, and links with deleted names. */
#include "../case.h"

static int opened(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0644);
	MUST(fd >= 0);
	return fd;
}

static unsigned type_of(int fd)
{
	struct stat status = { 0 };
	CHECK(fstat(fd, &status) == 0, "fstat");
	return status.st_mode & S_IFMT;
}

static int same(int fd, const char *path)
{
	struct stat one, other;
	return fstat(fd, &one) == 0 && lstat(path, &other) == 0 && one.st_ino == other.st_ino && one.st_dev == other.st_dev;
}

static const char *target_of(int fd)
{
	static char target[256];
	memset(target, 0, sizeof target);
	return readlinkat(fd, "", target, sizeof target - 1) > 0 ? target : "nothing";
}

int main(void)
{
	/* files that never had a name */
	int nameless = opened(".", O_TMPFILE | O_RDWR), reader;
	char path[64];
	MUST(write(nameless, "nameless", 8) == 8);
	snprintf(path, sizeof path, "/proc/self/fd/%d", nameless);
	reader = opened(path, O_RDONLY);
	int linked = opened(".", O_TMPFILE | O_RDWR | O_APPEND);
	MUST(write(linked, "linked", 6) == 6);
	snprintf(path, sizeof path, "/proc/self/fd/%d", linked);
	MUST(linkat(AT_FDCWD, path, AT_FDCWD, "linked", AT_SYMLINK_FOLLOW) == 0);

	/* with O_PATH */
	put("file", "content");
	MUST(mkdir("directory", 0755) == 0 && symlink("nowhere", "link") == 0);
	int at_file = opened("file", O_PATH), at_directory = opened("directory", O_PATH | O_DIRECTORY);
	int at_link = opened("link", O_PATH | O_NOFOLLOW);
	MUST(symlink("gone", "deleted-link") == 0);
	int at_deleted_link = opened("deleted-link", O_PATH | O_NOFOLLOW);
	put("deleted-file", "deleted");
	int at_deleted_file = opened("deleted-file", O_PATH);
	MUST(unlink("deleted-link") == 0 && unlink("deleted-file") == 0);

	/* in /proc and /dev */
	int status = opened("/proc/self/status", O_RDONLY), table = opened("/proc/self/fd", O_RDONLY | O_DIRECTORY);
	int task = opened("/proc/thread-self/comm", O_RDWR), memory = opened("/proc/self/mem", O_RDWR), sysctl = opened("/proc/sys/kernel/hostname", O_RDONLY);
	int zero = opened("/dev/zero", O_RDWR), full = opened("/dev/full", O_WRONLY);
	volatile int in_memory = 4711;

	/* one file, opened in several ways */
	int one = opened("file", O_RDONLY), two = opened("file", O_RDWR | O_APPEND), three = opened("file", O_WRONLY | O_SYNC | O_NOATIME);
	int direct = open("file", O_RDONLY | O_DIRECT);
	MUST(lseek(one, 3, SEEK_SET) == 3 && fcntl(two, F_SETFD, 0) == 0);
	int shared = dup(one);

	/* the working directory and an open one, both deleted */
	MUST(mkdir("here", 0750) == 0);
	home = opened(".", O_RDONLY | O_DIRECTORY);
	int below = -1;
	MUST(chdir("here") == 0 && mkdir("below", 0700) == 0);
	below = opened("below", O_RDONLY | O_DIRECTORY);
	MUST(rmdir("below") == 0 && rmdir("../here") == 0);

	wait_for_restore();

	struct stat a, b;
	CHECK(has(nameless, "nameless") && fstat(nameless, &a) == 0 && a.st_nlink == 0, "nameless: %ld links", (long)a.st_nlink);
	CHECK(fstat(reader, &b) == 0 && a.st_ino == b.st_ino && (fcntl(reader, F_GETFL) & O_ACCMODE) == O_RDONLY, "nameless, for reading");
	CHECK(has(linked, "linked") && fstat(linked, &a) == 0 && a.st_nlink == 1, "linked: %ld links", (long)a.st_nlink);
	CHECK(write(linked, "!", 1) == 1 && lseek(linked, 0, SEEK_CUR) == 7, "linked: appending");

	CHECK(fchdir(home) == 0, "home");
	CHECK(same(at_file, "file") && same(at_directory, "directory"), "by O_PATH");
	CHECK(same(at_link, "link"), "a link by O_PATH");
	CHECK((fcntl(at_file, F_GETFL) & O_PATH) != 0 && (fcntl(at_link, F_GETFL) & O_PATH) != 0, "O_PATH");
	CHECK(type_of(at_link) == S_IFLNK, "types by O_PATH");
	CHECK(strcmp(target_of(at_link), "nowhere") == 0 && strcmp(target_of(at_deleted_link), "gone") == 0, "a link leads to '%s'", target_of(at_deleted_link));
	CHECK(type_of(at_deleted_link) == S_IFLNK && type_of(at_deleted_file) == S_IFREG, "deleted, by O_PATH");
	snprintf(path, sizeof path, "/proc/self/fd/%d", at_deleted_file);
	int again = open(path, O_RDONLY);
	CHECK(has(again, "deleted"), "deleted, opened again");
	CHECK(access("deleted-link", F_OK) < 0 && access("deleted-file", F_OK) < 0, "a name is back");

	char text[4096] = "", wanted[32];
	snprintf(wanted, sizeof wanted, "Pid:\t%d\n", getpid());
	CHECK(pread(status, text, sizeof text - 1, 0) > 0 && strstr(text, wanted) != NULL, "status: %.100s", text);
	DIR *list = fdopendir(table);
	int count = 0;
	while (list != NULL && readdir(list) != NULL)
		count++;
	CHECK(count > 20, "fd: %d entries", count);
	CHECK(write(task, "renamed", 7) == 7 && pread(task, text, 8, 0) == 8 && memcmp(text, "renamed\n", 8) == 0, "comm: %.8s", text);
	int found = 0;
	CHECK(pread(memory, &found, sizeof found, (long)&in_memory) == sizeof found && found == 4711, "mem: %d", found);
	CHECK(read(sysctl, text, 64) > 0, "sysctl");
	CHECK(read(zero, text, 4) == 4 && memcmp(text, "\0\0\0\0", 4) == 0 && write(full, "x", 1) < 0 && errno == ENOSPC, "devices");

	CHECK(lseek(one, 0, SEEK_CUR) == 3 && lseek(shared, 1, SEEK_CUR) == 4 && lseek(one, 0, SEEK_CUR) == 4, "one, shared");
	CHECK((fcntl(two, F_GETFL) & (O_ACCMODE | O_APPEND)) == (O_RDWR | O_APPEND) && fcntl(two, F_GETFD) == 0, "two");
	CHECK((fcntl(three, F_GETFL) & (O_ACCMODE | O_SYNC | O_NOATIME)) == (O_WRONLY | O_SYNC | O_NOATIME), "three: 0%o", fcntl(three, F_GETFL));
	CHECK(direct < 0 || (fcntl(direct, F_GETFL) & O_DIRECT) != 0, "direct");
	CHECK(fstat(below, &a) == 0 && S_ISDIR(a.st_mode) && (a.st_mode & 0777) == 0700 && a.st_nlink == 0, "below: 0%o", a.st_mode);
	CHECK(fchdir(below) == 0 && getcwd(text, sizeof text) == NULL && errno == ENOENT, "below is at %s", text);
	CHECK(faccessat(home, "here", F_OK, 0) < 0, "here is there again");
	return finish();
}
