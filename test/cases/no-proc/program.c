/* A mount namespace without /proc, with files that are opened again through /proc: memfds, shared memory, pipes, a namespace, attributes. */
#include "../container.h"

#define PAGE 4096

static int same_file(int a, int b)
{
	struct stat one, other;
	return fstat(a, &one) == 0 && fstat(b, &other) == 0 && one.st_ino == other.st_ino && one.st_dev == other.st_dev;
}

int main(int argc, char **argv)
{
	(void)argc;
	enter_container(argv);
	put("/proc/self/oom_score_adj", "321");
	int memfd = memfd_create("some", 0);
	MUST(memfd >= 0 && ftruncate(memfd, PAGE) == 0);
	char link[64];
	snprintf(link, sizeof link, "/proc/self/fd/%d", memfd);
	int again = open(link, O_RDONLY);
	char *shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, memfd, 0);
	char *anonymous = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	MUST(again >= 0 && shared != MAP_FAILED && anonymous != MAP_FAILED);
	strcpy(shared, "shared"), strcpy(anonymous, "anonymous");
	int ends[2];
	MUST(pipe(ends) == 0 && write(ends[1], "queued", 6) == 6);
	snprintf(link, sizeof link, "/proc/self/fd/%d", ends[0]);
	int both = open(link, O_RDWR);
	int namespace = open("/proc/self/ns/mnt", O_RDONLY);
	MUST(both >= 0 && namespace >= 0);
	MUST(umount2("/proc", MNT_DETACH) == 0 && access("/proc/self", F_OK) < 0);

	wait_for_restore();

	CHECK(access("/proc/self", F_OK) < 0, "there is a /proc");
	CHECK(strcmp(shared, "shared") == 0 && strcmp(anonymous, "anonymous") == 0, "memory has %s, %s", shared, anonymous);
	char text[8] = "";
	CHECK(pread(again, text, 6, 0) == 6 && strcmp(text, "shared") == 0, "the memfd has %s", text);
	CHECK(same_file(memfd, again), "the memfd is another");
	CHECK(same_file(both, ends[0]) && (fcntl(both, F_GETFL) & O_ACCMODE) == O_RDWR, "the pipe is another");
	CHECK(read(both, text, 6) == 6 && memcmp(text, "queued", 6) == 0, "the pipe has %s", text);
	MUST(mount("proc", "/proc", "proc", 0, NULL) == 0);
	CHECK(same_file(namespace, open("/proc/self/ns/mnt", O_RDONLY)), "the namespace is another");
	CHECK(has(open("/proc/self/oom_score_adj", O_RDONLY), "321\n"), "oom_score_adj is another");
	return finish();
}
