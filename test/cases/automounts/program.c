/* A daemon that serves two autofs mounts, of which one has no other end of its pipe open, and one that nobody serves. */
#include "../container.h"
#include <linux/auto_fs.h>

static void serve(const char *on, int pipe_ends[2], int *top)
{
	char options[128];
	MUST(mkdir(on, 0755) == 0 && pipe(pipe_ends) == 0);
	snprintf(options, sizeof options, "fd=%d,pgrp=%d,minproto=5,maxproto=5,indirect", pipe_ends[1], getpgrp());
	MUST(mount("daemon", on, "autofs", MS_NOSUID, options) == 0);
	MUST((*top = open(on, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) >= 0);
	unsigned long timeout = 300;
	MUST(ioctl(*top, AUTOFS_IOC_SETTIMEOUT, &timeout) == 0);
}

/* Another process group opens a file, which wakes the daemon. */
static pid_t visit(const char *path)
{
	pid_t child = fork();
	if (child == 0) {
		setpgid(0, 0);
		alarm(20);
		int fd = open(path, O_RDONLY);
		exit(fd >= 0 && has(fd, "mounted") ? 0 : errno);
	}
	return child;
}

static int status_of(pid_t child)
{
	int status = -1;
	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/* Mounts what the kernel asks for. */
static void answer(const char *on, int from, int top)
{
	union autofs_v5_packet_union packet = { 0 };
	struct pollfd ready = { from, POLLIN, 0 };
	char path[128];
	unsigned long timeout = 300;
	CHECK(poll(&ready, 1, 10000) == 1 && read(from, &packet, sizeof packet) > 0, "%s: the kernel asks nothing", on);
	CHECK(packet.hdr.type == autofs_ptype_missing_indirect, "%s: the kernel asks %d", on, packet.hdr.type);
	CHECK(strcmp(packet.v5_packet.name, "key") == 0, "%s: the kernel asks for %s", on, packet.v5_packet.name);
	snprintf(path, sizeof path, "%s/key", on);
	CHECK(mkdir(path, 0755) == 0 && mount("none", path, "tmpfs", 0, NULL) == 0, "cannot mount %s", path);
	snprintf(path, sizeof path, "%s/key/file", on);
	put(path, "mounted");
	CHECK(ioctl(top, AUTOFS_IOC_READY, packet.v5_packet.wait_queue_token) == 0, "%s: not ready", on);
	CHECK(ioctl(top, AUTOFS_IOC_SETTIMEOUT, &timeout) == 0 && timeout == 300, "%s: the timeout is %lu", on, timeout);
}

int main(int argc, char **argv)
{
	int one[2], two[2], three[2], top_one, top_two, top_three;
	(void)argc;
	enter_container(argv);
	serve("/one", one, &top_one), serve("/two", two, &top_two), serve("/dead", three, &top_three);
	close(two[1]);
	MUST(ioctl(top_three, AUTOFS_IOC_CATATONIC, 0) == 0);
	close(three[0]), close(three[1]);
	wait_for_restore();
	pid_t first = visit("/one/key/file");
	answer("/one", one[0], top_one);
	CHECK(status_of(first) == 0, "the visitor of /one fails");
	pid_t second = visit("/two/key/file");
	answer("/two", two[0], top_two);
	CHECK(status_of(second) == 0, "the visitor of /two fails");
	CHECK(status_of(visit("/dead/key/file")) == ENOENT, "the visitor of /dead waits");
	return finish();
}
