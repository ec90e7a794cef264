/* A task and two children in separate network namespaces, with links between them and to the host, addresses, routes, rules, sysctls and firewalls.
 * Some tasks have sockets of another namespace. The output of ip and nft for each namespace must not change. */
#include "../case.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sched.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

#define SIZE 100000

static void run(const char *command)
{
	if (system(command) != 0) {
		fprintf(stderr, "%s\n", command);
		exit(1);
	}
}

/* The commands whose output must not change. */
static const char *const looks[] = {
	"ip -d -o link | sed -E 's/ qlen [0-9]+|@if[0-9]+|[a-z_]+_timer +[0-9.]+//g'",
	"ip -o addr",
	"ip route",
	"ip -6 route | sort",
	"ip rule",
	"nft list table ip own; nft list table inet filter",
	"cat /proc/sys/net/ipv4/conf/*/forwarding /proc/sys/net/ipv4/conf/*/rp_filter /proc/sys/net/ipv4/conf/*/accept_redirects",
	"cat /proc/sys/net/ipv6/conf/*/forwarding /proc/sys/net/ipv6/conf/*/disable_ipv6 /proc/sys/net/ipv6/conf/*/hop_limit",
	"grep . /proc/sys/net/ipv6/conf/*/mtu",
	"cat /proc/sys/net/unix/max_dgram_qlen /proc/sys/net/ipv4/ping_group_range",
};
#define LOOKS (int)(sizeof looks / sizeof *looks)

static char *look(int what)
{
	char *text = calloc(1, SIZE);
	FILE *pipe = popen(looks[what], "r");
	size_t length = fread(text, 1, SIZE - 1, pipe);
	pclose(pipe);
	text[length] = 0;
	return text;
}

static char *before[LOOKS];

/* Waits for the kernel's duplicate address detection, which starts when a link comes up. */
static void settle(void)
{
	for (int pauses = 0; system("ip addr | grep -q tentative") == 0 && pauses < 50; pauses++)
		usleep(100000);
}

static void remember(void)
{
	settle();
	for (int n = 0; n < LOOKS; n++)
		before[n] = look(n);
}

static void compare(const char *where)
{
	CHECK(system("ip addr | grep -q tentative") != 0, "%s: addresses cannot be used yet", where);
	for (int n = 0; n < LOOKS; n++) {
		char *now = look(n);
		/* The kernel notices a carrier some time after both ends are up. */
		for (int pauses = 0; n == 0 && strcmp(before[n], now) != 0 && pauses < 50; pauses++) {
			usleep(100000);
			free(now);
			now = look(n);
		}
		int same = strcmp(before[n], now) == 0;
		CHECK(same, "%s: other answers of look %d", where, n);
		if (!same)
			fprintf(stderr, "%s: %s\n%snow\n%s", where, looks[n], before[n], now);
		free(now);
	}
}

static int listening(int port)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in at = { AF_INET, htons(port), { INADDR_ANY }, "" };
	MUST(bind(fd, (void *)&at, sizeof at) == 0 && listen(fd, 5) == 0);
	return fd;
}

/* A socket that is bound to the same name in every namespace. */
static int named(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	struct sockaddr_un at = { AF_UNIX, "\0net-namespaces" };
	MUST(bind(fd, (void *)&at, offsetof(struct sockaddr_un, sun_path) + 15) == 0 && listen(fd, 5) == 0);
	return fd;
}

static int reaches(const char *address, int port)
{
	int six = strchr(address, ':') != NULL, fd = socket(six ? AF_INET6 : AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in to4 = { AF_INET, htons(port), { 0 }, "" };
	struct sockaddr_in6 to6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	inet_pton(six ? AF_INET6 : AF_INET, address, six ? (void *)&to6.sin6_addr : (void *)&to4.sin_addr);
	struct timeval limit = { 5, 0 };
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
	int connected = connect(fd, six ? (void *)&to6 : (void *)&to4, six ? sizeof to6 : sizeof to4) == 0;
	close(fd);
	return connected;
}

static ino_t own_namespace(void)
{
	struct stat stat_;
	MUST(stat("/proc/thread-self/ns/net", &stat_) == 0);
	return stat_.st_ino;
}

static ino_t namespace_of(int fd)
{
	struct stat stat_;
	return fstat(fd, &stat_) == 0 ? stat_.st_ino : 0;
}

/* A child in its own namespace. Its exit status reports what it found. */
static pid_t start_child(int index, int report, const int *ready, int host)
{
	pid_t pid = fork();
	MUST(pid >= 0);
	if (pid != 0)
		return pid;
	MUST(close(host) == 0 && unshare(CLONE_NEWNET) == 0);
	char byte = 'r';
	MUST(write(report, &byte, 1) == 1 && read(ready[0], &byte, 1) == 1);
	int port = listening(7000 + index), name = named();
	if (index == 1) {
		run("ip link set lo up");
		run("nft add table inet filter; nft add chain inet filter input '{ type filter hook input priority 0; }';"
		    " nft add rule inet filter input iif b0 tcp dport 99 drop");
	}
	remember();
	byte = 'd';
	MUST(write(report, &byte, 1) == 1);
	while (access("go", F_OK) != 0)
		usleep(5000);
	compare(index == 1 ? "first child" : "second child");
	CHECK(listen(port, 6) == 0 && listen(name, 6) == 0, "sockets of child %d", index);
	if (index == 1)
		CHECK(reaches("10.9.1.1", 7000), "the first child does not reach its parent");
	if (*failures)
		fprintf(stderr, "%s\n", failures);
	char path[32];
	snprintf(path, sizeof path, "child%d", index);
	put(path, *failures ? failures : "pass");
	pause();
	exit(0);
}

int main(void)
{
	int report[2], ready[2];
	char byte, command[400];
	MUST(pipe(report) == 0 && pipe(ready) == 0);
	/* The test names the namespace for the other ends of the links. */
	char place[100] = "";
	int name_of_host = open("host", O_RDONLY);
	MUST(name_of_host >= 0 && read(name_of_host, place, sizeof place - 1) > 0 && close(name_of_host) == 0);
	int host = open(place, O_RDONLY);
	MUST(host >= 0);
	MUST(unshare(CLONE_NEWNET) == 0);
	pid_t first = start_child(1, report[1], ready, host), second = start_child(2, report[1], ready, host);
	MUST(read(report[0], &byte, 1) == 1 && read(report[0], &byte, 1) == 1);

	run("ip link set lo up");
	snprintf(command, sizeof command, "ip link add b0 type veth peer name b0 netns %d", first);
	run(command);
	snprintf(command, sizeof command, "ip link add eth9 type veth peer name nine netns %d", second);
	run(command);
	run("ip link add in0 type veth peer name in1");
	run("ip link add br0 type bridge");
	run("ip link set in0 master br0");
	snprintf(command, sizeof command, "ip link add eth0 address 02:00:00:00:00:10 mtu 1400 type veth peer name uplink netns /proc/%d/fd/%d", getpid(), host);
	run(command);
	snprintf(command, sizeof command, "nsenter --net=/proc/%d/fd/%d ip link set uplink up", getpid(), host);
	run(command);
	run("ip addr add 10.9.1.1/24 dev b0; ip -6 addr add fd09::1/64 dev b0 nodad");
	run("ip addr add 10.9.9.1/24 dev eth0 label eth0:lan; ip addr add 10.9.9.7/32 dev eth0 scope link; ip -6 addr add fd09:9::1/64 dev eth0");
	run("ip link set b0 up; ip link set eth0 up; ip link set br0 up; ip link set in0 up; ip link set in1 up promisc on multicast off");
	snprintf(command, sizeof command,
		 "nsenter -t %d -n sh -c 'ip addr add 10.9.1.2/24 dev b0; ip -6 addr add fd09::2/64 dev b0; ip link set b0 up'", first);
	run(command);
	run("ip route add 10.20.0.0/16 via 10.9.9.2; ip route add 10.20.0.0/16 via 10.9.9.3 metric 7");
	run("ip route add default via 10.9.9.2; ip route add unreachable 10.21.0.0/16; ip route add blackhole 10.22.0.0/16");
	run("ip route add 10.23.0.0/16 nexthop via 10.9.9.2 weight 2 nexthop via 10.9.1.2 weight 1");
	run("ip -6 route add fd10::/32 via fd09::2; ip -6 route add default via fd09:9::2");
	run("ip -6 route add fd11::/32 nexthop via fd09::2 nexthop via fd09:9::2");
	run("ip rule add from 10.9.9.0/24 lookup 100 priority 500; ip rule del priority 32767");
	run("sysctl -qw net.ipv4.conf.all.forwarding=1 net.ipv4.conf.default.forwarding=0 net.ipv4.conf.eth0.rp_filter=2"
	    " net.ipv4.conf.all.accept_redirects=1 net.ipv6.conf.eth0.hop_limit=33 net.ipv6.conf.in1.disable_ipv6=1 net.unix.max_dgram_qlen=44"
	    " 'net.ipv4.ping_group_range=5 99'");
	run("nft add table ip own; nft add chain ip own input '{ type filter hook input priority 0; }';"
	    " nft add rule ip own input iif eth0 tcp dport 99 drop; nft add set ip own addresses '{ type ipv4_addr; }';"
	    " nft add element ip own addresses '{ 10.0.0.1, 10.0.0.2 }'");
	int port = listening(7000), name = named(), own = open("/proc/self/ns/net", O_RDONLY);
	snprintf(command, sizeof command, "/proc/%d/ns/net", first);
	int theirs = open(command, O_RDONLY);
	MUST(setns(theirs, CLONE_NEWNET) == 0);
	int stranger = listening(7100), packets = socket(AF_INET, SOCK_DGRAM, 0);
	MUST(setns(own, CLONE_NEWNET) == 0);
	MUST(host >= 0 && close(host) == 0);
	MUST(write(ready[1], "rr", 2) == 2 && read(report[0], &byte, 1) == 1 && read(report[0], &byte, 1) == 1);
	remember();

	wait_for_restore();

	compare("root task");
	CHECK(namespace_of(own) == own_namespace(), "the descriptor of the own namespace is one of another");
	snprintf(command, sizeof command, "/proc/%d/ns/net", first);
	struct stat child;
	CHECK(stat(command, &child) == 0 && child.st_ino == namespace_of(theirs), "the descriptor of the child's namespace is one of another");
	CHECK(child.st_ino != own_namespace(), "the child is in the namespace of its parent");
	snprintf(command, sizeof command, "/proc/%d/ns/net", second);
	CHECK(stat(command, &child) == 0 && child.st_ino != own_namespace() && child.st_ino != namespace_of(theirs), "second child");
	CHECK(listen(port, 6) == 0 && listen(name, 6) == 0 && listen(stranger, 6) == 0, "sockets");
	CHECK(reaches("10.9.1.2", 7001), "the first child is not reached");
	CHECK(reaches("10.9.1.2", 7100), "the own socket in its namespace is not reached");
	struct sockaddr_in to = { AF_INET, htons(9), { inet_addr("10.9.1.1") }, "" };
	CHECK(sendto(packets, "x", 1, 0, (void *)&to, sizeof to) == 1, "a datagram from the child's namespace");
	for (int n = 1; n <= 2; n++) {
		char path[32], text[4000] = "";
		snprintf(path, sizeof path, "child%d", n);
		for (int pauses = 0; access(path, F_OK) != 0 && pauses < 1000; pauses++)
			usleep(5000);
		usleep(50000);
		int fd = open(path, O_RDONLY);
		CHECK(fd >= 0 && read(fd, text, sizeof text - 1) > 0 && strcmp(text, "pass") == 0, "child %d: %s", n, text);
	}
	return finish();
}
