/* Programs in memfds that nobody has open for writing: they can be executed. */
#include "../case.h"

/* A memfd with a program, open only for reading. */
static int make(const char *name)
{
	char path[64];
	int fd = memfd_create(name, MFD_CLOEXEC), reader, source = open("/bin/true", O_RDONLY);
	char buffer[65536];
	ssize_t length;
	MUST(fd >= 0 && source >= 0);
	while ((length = read(source, buffer, sizeof buffer)) > 0)
		MUST(write(fd, buffer, length) == length);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	MUST((reader = open(path, O_RDONLY | O_CLOEXEC)) >= 0);
	close(fd);
	close(source);
	return reader;
}

static void execute(const char *what, int fd)
{
	char *arguments[] = { "true", NULL };
	int status = -1;
	pid_t child = fork();
	if (child == 0) {
		execveat(fd, "", arguments, arguments + 1, AT_EMPTY_PATH);
		_exit(errno);
	}
	CHECK(waitpid(child, &status, 0) == child && status == 0, "%s: execveat gives %d", what, WEXITSTATUS(status));
}

int main(void)
{
	int one = make("one"), mapped = make("mapped"), shared = make("shared"), twice = make("twice");
	int again = open("/proc/self/fd/0", O_RDONLY);
	char path[64];
	snprintf(path, sizeof path, "/proc/self/fd/%d", twice);
	MUST((again = open(path, O_RDONLY)) >= 0);
	char *at = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, mapped, 0), *also = mmap(NULL, 4096, PROT_READ, MAP_SHARED, shared, 0);
	MUST(at != MAP_FAILED && also != MAP_FAILED);
	execute("before", one);
	execute("before, shared", shared);
	wait_for_restore();
	execute("one", one);
	execute("mapped", mapped);
	execute("shared", shared);
	execute("twice", twice);
	execute("again", again);
	CHECK(memcmp(at, "\177ELF", 4) == 0 && memcmp(also, "\177ELF", 4) == 0, "content");
	CHECK(write(one, "x", 1) == -1 && errno == EBADF, "it can be written");
	return finish();
}
