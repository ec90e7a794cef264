/* A network namespace with a loopback link and settings that differ from those of new namespaces. */
#include "../case.h"
#include <sched.h>

#define SIZE 100000
#define SETTINGS "/proc/sys/net/"

static void set(const char *name, const char *value)
{
	char path[128];
	snprintf(path, sizeof path, SETTINGS "%s", name);
	int fd = open(path, O_WRONLY);
	MUST(fd >= 0 && write(fd, value, strlen(value)) > 0 && close(fd) == 0);
}

/* All settings of links, and others that images have. */
static char *settings(void)
{
	char *text = calloc(1, SIZE);
	FILE *pipe = popen("cd " SETTINGS "; grep -r . ipv4/conf ipv6/conf ipv4/ping_group_range unix 2>&1 | sort", "r");
	MUST(fread(text, 1, SIZE - 1, pipe) > 1000);
	pclose(pipe);
	return text;
}

int main(void)
{
	MUST(unshare(CLONE_NEWNET) == 0 && system("ip link set lo up") == 0);
	set("ipv4/conf/all/forwarding", "1");
	set("ipv4/conf/default/arp_announce", "2");
	set("ipv4/conf/lo/rp_filter", "2");
	set("ipv6/conf/all/accept_redirects", "0");
	set("ipv6/conf/default/hop_limit", "33");
	set("ipv6/conf/lo/hop_limit", "34");
	set("unix/max_dgram_qlen", "77");
	set("ipv4/ping_group_range", "3 4");
	char *before = settings();
	wait_for_restore();
	char *after = settings();
	CHECK(strcmp(before, after) == 0, "settings were\n%.800s\nand are\n%.800s", before, after);
	return finish();
}
