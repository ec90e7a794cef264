/* A task in a cgroup namespace of its own, in the cgroups that it was started in. The file "outside" has the link of the namespace outside. */
#include "../case.h"
#include <sched.h>

static void read_cgroups(char *text, size_t size)
{
	int fd = open("/proc/self/cgroup", O_RDONLY);
	ssize_t length = read(fd, text, size - 1);
	MUST(fd >= 0 && length > 0);
	text[length] = 0;
	close(fd);
}

int main(void)
{
	char before[4000], after[4000], outside[64] = "", link[64] = "";
	int fd = open("outside", O_RDONLY);
	MUST(fd >= 0 && read(fd, outside, sizeof outside - 1) > 0);
	MUST(unshare(CLONE_NEWCGROUP) == 0);
	read_cgroups(before, sizeof before);
	wait_for_restore();
	read_cgroups(after, sizeof after);
	CHECK(strcmp(before, after) == 0, "cgroups are %s", after);
	CHECK(readlink("/proc/self/ns/cgroup", link, sizeof link - 1) > 0 && strcmp(link, outside) != 0, "its namespace is %s", link);
	return finish();
}
