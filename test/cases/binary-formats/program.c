/* Binary formats (binfmt_misc) that are registered in a new user namespace. The process that starts the namespace stays outside. */
#include "../container.h"
#include <linux/sched.h>

static const char *const names[] = { "by-magic", "by-mask", "by-extension", "status" };
enum { COUNT = sizeof names / sizeof *names };

static void read_all(char texts[COUNT][400])
{
	for (int n = 0; n < COUNT; n++) {
		char path[64];
		snprintf(path, sizeof path, "/formats/%s", names[n]);
		int fd = open(path, O_RDONLY);
		memset(texts[n], 0, 400);
		CHECK(fd >= 0 && read(fd, texts[n], 399) > 0, "no %s", names[n]);
		close(fd);
	}
}

static int run_by_format(const char *path)
{
	int status = 0;
	pid_t child = fork();
	if (child == 0) {
		execl(path, path, NULL);
		_exit(100);
	}
	return waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int contained(void)
{
	static char before[COUNT][400], after[COUNT][400];
	MUST(getpid() == 1 && setsid() == 1);
	wait_for_name();
	close(0), close(1), close(2);
	MUST(mount("formats", "/formats", "binfmt_misc", MS_NOSUID, NULL) == 0);
	write_file("/formats/register", ":by-magic:M:2:\\x41\\x42:\\xff\\xfe:/program:OC");
	write_file("/formats/register", ":by-mask:M::MARK::/program:F");
	write_file("/formats/register", ":by-extension:E::odd::/program:P");
	write_file("/formats/by-magic", "0");
	MUST(mkdir("/scripts", 0755) == 0);
	put("/scripts/run.odd", "odd"), put("/scripts/mark", "MARK");
	MUST(chmod("/scripts/run.odd", 0755) == 0 && chmod("/scripts/mark", 0755) == 0);
	read_all(before);
	MUST(run_by_format("/scripts/run.odd") == 42 && run_by_format("/scripts/mark") == 42);

	wait_for_restore();

	read_all(after);
	for (int n = 0; n < COUNT; n++)
		CHECK(strcmp(before[n], after[n]) == 0, "%s: %s is now %s", names[n], before[n], after[n]);
	CHECK(run_by_format("/scripts/run.odd") == 42, "the format with an extension does not run");
	CHECK(run_by_format("/scripts/mark") == 42, "the format with an open interpreter does not run");
	return finish();
}

int main(int count, char **argv)
{
	/* As the interpreter of a format it gets the path of the script. */
	if (count > 1 && strncmp(argv[count - 1], "/scripts/", 9) == 0)
		return 42;
	if (access("/program", X_OK) == 0)
		return contained();
	int ready[2];
	char path[64], text[12], byte;
	struct clone_args args = { .flags = CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS, .exit_signal = SIGCHLD };
	MUST(pipe2(ready, O_CLOEXEC) == 0);
	pid_t pid = syscall(SYS_clone3, &args, sizeof args);
	MUST(pid >= 0);
	if (pid == 0) {
		MUST(read(ready[0], &byte, 1) == 1 && setresgid(0, 0, 0) == 0 && setresuid(0, 0, 0) == 0);
		enter(argv);
	}
	snprintf(path, sizeof path, "/proc/%d/uid_map", pid);
	write_file(path, "0 100000 1000\n");
	snprintf(path, sizeof path, "/proc/%d/gid_map", pid);
	write_file(path, "0 100000 1000\n");
	snprintf(text, sizeof text, "%d", pid);
	put("tree", text);
	MUST(write(ready[1], "r", 1) == 1);
	return waitpid(pid, NULL, 0) == pid ? 0 : 1;
}
