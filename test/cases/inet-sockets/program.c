/* Internet sockets of several tasks on the same ports, raw sockets, and options that affect bind(2). */
#include "../case.h"
#include "../socket-options.h"
#include <arpa/inet.h>
#include <linux/icmp.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

/* The program ends even if the test abandons it. */
static void wait_for(const char *path)
{
	for (int n = 0; faccessat(home, path, F_OK, 0) != 0; n++) {
		MUST(n < 12000);
		usleep(5000);
	}
}

static struct sockaddr_in v4(const char *address, int port)
{
	struct sockaddr_in to = { AF_INET, htons(port), { inet_addr(address) }, "" };
	return to;
}

static int port_of(int fd)
{
	struct sockaddr_in6 own;
	socklen_t length = sizeof own;
	MUST(getsockname(fd, (void *)&own, &length) == 0);
	return ntohs(own.sin6_port);
}

/* Makes a bound socket with an option; it may listen. */
static int bound(int type, int option, const char *address, int port)
{
	int fd = socket(AF_INET, type, 0);
	struct sockaddr_in to = v4(address, port);
	if (option)
		set(fd, SOL_SOCKET, option, 1);
	MUST(bind(fd, (void *)&to, sizeof to) == 0);
	MUST(type != SOCK_STREAM || listen(fd, 5) == 0);
	return fd;
}

static void hears(const char *what, const char *address, int port, int type, const int *fds, int count)
{
	struct sockaddr_in to = v4(address, port);
	int fd = socket(AF_INET, type, 0);
	CHECK(connect(fd, (void *)&to, sizeof to) == 0 && send(fd, "hello", 5, 0) == 5, "%s: send", what);
	struct pollfd poll_fds[4];
	for (int n = 0; n < count; n++)
		poll_fds[n] = (struct pollfd){ fds[n], POLLIN, 0 };
	CHECK(poll(poll_fds, count, 5000) == 1, "%s: nobody hears it", what);
	for (int n = 0; n < count; n++) {
		if (!(poll_fds[n].revents & POLLIN))
			continue;
		char found[8] = "";
		int from = type == SOCK_STREAM ? accept(fds[n], NULL, NULL) : fds[n];
		CHECK(recv(from, found, sizeof found, 0) == 5 && strcmp(found, "hello") == 0, "%s: '%s'", what, found);
		if (type == SOCK_STREAM) {
			struct linger none = { 1, 0 };
			setsockopt(from, SOL_SOCKET, SO_LINGER, &none, sizeof none);
			close(from);
		}
	}
	close(fd);
}

int main(void)
{
	/* one port: listeners that share it, and a listener on another address that does not */
	int first = bound(SOCK_STREAM, SO_REUSEPORT, "127.0.0.1", 0), tcp = port_of(first);
	int second = bound(SOCK_STREAM, SO_REUSEPORT, "127.0.0.1", tcp);
	int apart = bound(SOCK_STREAM, 0, "127.0.0.2", tcp);
	char text[16];
	sprintf(text, "%d", tcp);
	put("port", text);
	int share = bound(SOCK_DGRAM, SO_REUSEADDR, "127.0.0.1", 0), udp = port_of(share);
	pid_t child = fork();
	MUST(child >= 0);
	if (child == 0) {
		/* in the other task: the same UDP port, and its own listener */
		int shared = bound(SOCK_DGRAM, SO_REUSEADDR, "127.0.0.1", udp);
		int third = bound(SOCK_STREAM, SO_REUSEPORT, "127.0.0.1", tcp);
		close(second);
		put("child-ready", "");
		wait_for("go");
		CHECK(get(shared, SOL_SOCKET, SO_REUSEADDR) == 1 && get(shared, SOL_SOCKET, SO_REUSEPORT) == 0, "shared UDP: options");
		CHECK(port_of(shared) == udp && port_of(third) == tcp, "ports of the child");
		put("child-result.new", *failures ? failures : "pass");
		renameat(home, "child-result.new", home, "child-result");
		return 0;
	}
	wait_for("child-ready");
	/* an address that this machine does not have */
	int foreign = socket(AF_INET, SOCK_DGRAM, 0);
	set(foreign, SOL_IP, IP_FREEBIND, 1);
	struct sockaddr_in nowhere = v4("192.0.2.7", 28990);
	MUST(bind(foreign, (void *)&nowhere, sizeof nowhere) == 0);
	/* raw sockets with a filter, with an address (CRIU loses their peers), and for IPv6 */
	int icmp = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
	struct icmp_filter only_echo = { ~(1U << ICMP_ECHO) };
	MUST(setsockopt(icmp, SOL_RAW, ICMP_FILTER, &only_echo, sizeof only_echo) == 0);
	struct sockaddr_in local = v4("127.0.0.1", 0);
	MUST(bind(icmp, (void *)&local, sizeof local) == 0);
	int raw6 = socket(AF_INET6, SOCK_RAW, 253);
	struct linger linger = { 1, 17 };
	int lingering = socket(AF_INET6, SOCK_STREAM, 0);
	MUST(setsockopt(lingering, SOL_SOCKET, SO_LINGER, &linger, sizeof linger) == 0);
	set(lingering, SOL_SOCKET, SO_RCVLOWAT, 5);
	struct timeval limit = { 3, 250000 };
	MUST(setsockopt(lingering, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) == 0);
	/* a socket that is shut down but was never connected */
	int ended = socket(AF_INET, SOCK_DGRAM, 0);
	struct sockaddr_in to = v4("127.0.0.1", udp);
	MUST(connect(ended, (void *)&to, sizeof to) == 0 && shutdown(ended, SHUT_RD) == 0);
	int netlink = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	struct sockaddr_nl group = { AF_NETLINK, 0, 0, 0x11 };
	MUST(bind(netlink, (void *)&group, sizeof group) == 0);
	struct sockaddr_nl netlink_before, netlink_now;
	socklen_t length = sizeof netlink_before;
	getsockname(netlink, (void *)&netlink_before, &length);

	wait_for_restore();

	CHECK(get(first, SOL_SOCKET, SO_REUSEPORT) == 1 && get(first, SOL_SOCKET, SO_REUSEADDR) == 0, "the first listener: options");
	CHECK(get(apart, SOL_SOCKET, SO_REUSEPORT) == 0 && get(apart, SOL_SOCKET, SO_REUSEADDR) == 0, "the listener apart: options");
	CHECK(get(share, SOL_SOCKET, SO_REUSEADDR) == 1 && get(share, SOL_SOCKET, SO_REUSEPORT) == 0, "shared UDP: options");
	hears("apart", "127.0.0.2", tcp, SOCK_STREAM, &apart, 1);
	int probe = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in taken = v4("127.0.0.2", tcp);
	CHECK(bind(probe, (void *)&taken, sizeof taken) < 0 && errno == EADDRINUSE, "another one can have the port of the listener apart");
	struct sockaddr_in now;
	length = sizeof now;
	CHECK(getsockname(foreign, (void *)&now, &length) == 0 && now.sin_addr.s_addr == nowhere.sin_addr.s_addr, "the foreign address");
	CHECK(get(foreign, SOL_IP, IP_FREEBIND) == 1, "IP_FREEBIND");
	struct icmp_filter filter;
	length = sizeof filter;
	CHECK(getsockopt(icmp, SOL_RAW, ICMP_FILTER, &filter, &length) == 0 && filter.data == only_echo.data, "ICMP_FILTER is %x", filter.data);
	length = sizeof now;
	CHECK(getsockname(icmp, (void *)&now, &length) == 0 && now.sin_addr.s_addr == local.sin_addr.s_addr, "the raw socket's address");
	CHECK(get(raw6, SOL_SOCKET, SO_PROTOCOL) == 253, "the protocol of the raw socket");
	length = sizeof linger;
	getsockopt(lingering, SOL_SOCKET, SO_LINGER, &linger, &length);
	CHECK(linger.l_onoff == 1 && linger.l_linger == 17, "SO_LINGER is %d", linger.l_linger);
	CHECK(get(lingering, SOL_SOCKET, SO_RCVLOWAT) == 5, "SO_RCVLOWAT");
	char byte;
	CHECK(recv(ended, &byte, 1, 0) == 0, "the socket that was shut down");
	length = sizeof netlink_now;
	getsockname(netlink, (void *)&netlink_now, &length);
	CHECK(memcmp(&netlink_before, &netlink_now, sizeof netlink_now) == 0, "netlink: %u %x", netlink_now.nl_pid, netlink_now.nl_groups);
	wait_for("child-result");
	char report[400] = "";
	int fd = openat(home, "child-result", O_RDONLY);
	CHECK(read(fd, report, sizeof report - 1) > 0 && strcmp(report, "pass") == 0, "child: %s", report);
	return finish();
}
