/* Deleted files of every kind: with holes, with two names, in deleted directories. */
#include "../case.h"

#define FAR (3 << 20)
#define LARGE 100000

int main(void)
{
	umask(0);
	/* 3 MiB with content at both ends and a hole between */
	int sparse = open("sparse", O_RDWR | O_CREAT, 0640);
	MUST(sparse >= 0 && pwrite(sparse, "begin", 5, 0) == 5 && pwrite(sparse, "end", 3, FAR) == 3);
	MUST(fchown(sparse, 1234, 2345) == 0 && fchmod(sparse, 06750) == 0);
	MUST(unlink("sparse") == 0);

	/* one large file with two deleted names */
	int one = open("one", O_RDWR | O_CREAT, 0644);
	for (int n = 0; n < LARGE; n++)
		MUST(write(one, &n, sizeof n) == sizeof n);
	MUST(one >= 0 && link("one", "two") == 0);
	int two = open("two", O_RDONLY);
	MUST(two >= 0 && unlink("one") == 0 && unlink("two") == 0);

	/* two files that had the same name, one after the other */
	int first = open("twice", O_RDWR | O_CREAT, 0644);
	MUST(first >= 0 && write(first, "first", 5) == 5 && unlink("twice") == 0);
	int second = open("twice", O_RDWR | O_CREAT, 0644);
	MUST(second >= 0 && write(second, "second", 6) == 6 && unlink("twice") == 0);

	/* a file in two nested directories, of which only the inner one is open */
	MUST(mkdir("outer", 0755) == 0 && mkdir("outer/inner", 0710) == 0);
	int inner = open("outer/inner", O_RDONLY | O_DIRECTORY);
	int file = open("outer/inner/file", O_RDWR | O_CREAT, 0644);
	MUST(file >= 0 && write(file, "inside", 6) == 6);
	MUST(unlink("outer/inner/file") == 0 && rmdir("outer/inner") == 0 && rmdir("outer") == 0);

	/* a fifo with content, a device */
	MUST(mkfifo("fifo", 0620) == 0);
	int fifo = open("fifo", O_RDWR | O_ASYNC);
	MUST(fifo >= 0 && write(fifo, "queued", 6) == 6 && unlink("fifo") == 0);
	int device = -1;
	if (mknod("device", S_IFCHR | 0600, makedev(1, 5)) == 0)
		MUST((device = open("device", O_RDONLY)) >= 0 && unlink("device") == 0);

	/* a private mapping of a deleted file, modified in memory only */
	int mapped = open("mapped", O_RDWR | O_CREAT, 0644);
	MUST(mapped >= 0 && ftruncate(mapped, 8192) == 0 && pwrite(mapped, "mapped", 6, 4096) == 6);
	char *memory = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE, mapped, 0);
	MUST(memory != MAP_FAILED && close(mapped) == 0 && unlink("mapped") == 0);
	memcpy(memory, "private", 7);

	/* a mapping that two tasks share, like the semaphores of a program with several processes */
	int common = open("common", O_RDWR | O_CREAT, 0644);
	MUST(common >= 0 && ftruncate(common, 4096) == 0);
	char *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, common, 0);
	MUST(shared != MAP_FAILED && close(common) == 0 && unlink("common") == 0);
	memcpy(shared, "before", 6);
	pid_t child = fork();
	MUST(child >= 0);
	if (child == 0) {
		while (shared[100] == 0)
			usleep(1000);
		memcpy(shared, "after!", 6);
		_exit(7);
	}

	wait_for_restore();

	struct stat a, b;
	MUST(fstat(sparse, &a) == 0);
	CHECK(a.st_size == FAR + 3 && a.st_nlink == 0, "sparse: size %ld, %ld links", (long)a.st_size, (long)a.st_nlink);
	CHECK(a.st_uid == 1234 && a.st_gid == 2345 && a.st_mode == (S_IFREG | 06750), "sparse: %d %d 0%o", a.st_uid, a.st_gid, a.st_mode);
	CHECK(a.st_blocks < 1000, "sparse: %ld blocks", (long)a.st_blocks);
	char begin[8] = "", end[8] = "";
	CHECK(pread(sparse, begin, 6, 0) == 6 && !memcmp(begin, "begin\0", 6), "sparse begins with %s", begin);
	CHECK(pread(sparse, end, 8, FAR) == 3 && !memcmp(end, "end", 3), "sparse ends with %s", end);
	CHECK(ends_with(name_of(sparse), "/sparse (deleted)"), "sparse is %s", name_of(sparse));

	MUST(fstat(one, &a) == 0 && fstat(two, &b) == 0);
	CHECK(a.st_ino == b.st_ino && a.st_nlink == 0, "one and two are two files, or have %ld links", (long)a.st_nlink);
	for (int n = 0, found; n < LARGE; n++)
		CHECK(pread(two, &found, sizeof found, n * sizeof n) == sizeof n && found == n, "word %d of two", n);

	MUST(fstat(first, &a) == 0 && fstat(second, &b) == 0);
	CHECK(a.st_ino != b.st_ino, "first and second are one file");
	CHECK(has(first, "first") && has(second, "second"), "content of first and second");
	CHECK(access("twice", F_OK) != 0, "twice has a name again");

	MUST(fstat(inner, &a) == 0 && fstat(file, &b) == 0);
	CHECK(S_ISDIR(a.st_mode) && (a.st_mode & 0777) == 0710, "inner has mode 0%o", a.st_mode);
	CHECK(ends_with(name_of(inner), "/outer/inner (deleted)"), "inner is %s", name_of(inner));
	CHECK(has(file, "inside") && b.st_nlink == 0, "content of file");
	CHECK(ends_with(name_of(file), "/outer/inner/file (deleted)"), "file is %s", name_of(file));
	CHECK(access("outer", F_OK) != 0, "outer is there again");

	int queued = 0;
	MUST(fstat(fifo, &a) == 0);
	CHECK(S_ISFIFO(a.st_mode) && (a.st_mode & 0777) == 0620, "fifo has mode 0%o", a.st_mode);
	CHECK(ioctl(fifo, FIONREAD, &queued) == 0 && queued == 6, "fifo holds %d bytes", queued);
	CHECK((fcntl(fifo, F_GETFL) & O_ASYNC) != 0, "fifo has flags 0%o", fcntl(fifo, F_GETFL));
	if (device >= 0) {
		MUST(fstat(device, &a) == 0);
		CHECK(S_ISCHR(a.st_mode) && a.st_rdev == makedev(1, 5), "device is 0%o %lx", a.st_mode, (long)a.st_rdev);
		CHECK(read(device, begin, 4) == 4 && !memcmp(begin, "\0\0\0\0", 4), "device reads");
	}
	CHECK(!memcmp(memory, "private", 7) && !memcmp(memory + 4096, "mapped", 6), "content of the mapping");

	CHECK(!memcmp(shared, "before", 6), "content of the shared mapping");
	shared[100] = 1;
	int status = -1;
	CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 7, "the child ended with %x", status);
	CHECK(!memcmp(shared, "after!", 6), "the mapping is not shared with the child");

	int entries = 0;
	DIR *directory = opendir(".");
	for (struct dirent *entry; directory && (entry = readdir(directory));)
		entries += entry->d_name[0] != '.' && strcmp(entry->d_name, "ready") && strcmp(entry->d_name, "go");
	CHECK(entries == 0, "%d files are left", entries);
	return finish();
}
