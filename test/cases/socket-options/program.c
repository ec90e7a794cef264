/* Internet sockets of every kind with unusual options, and sockets of rare protocols. */
#include "../case.h"
#include <arpa/inet.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#define UDPLITE 136

struct option {
	const char *name;
	int level, number, value;
};

/* The options that CRIU saves for every socket. */
static const struct option common[] = {
	{ "SO_PRIORITY", SOL_SOCKET, SO_PRIORITY, 4 },	 { "SO_MARK", SOL_SOCKET, SO_MARK, 77 },
	{ "SO_RCVLOWAT", SOL_SOCKET, SO_RCVLOWAT, 9 },	 { "SO_DONTROUTE", SOL_SOCKET, SO_DONTROUTE, 1 },
	{ "SO_BROADCAST", SOL_SOCKET, SO_BROADCAST, 1 }, { "SO_OOBINLINE", SOL_SOCKET, SO_OOBINLINE, 1 },
	{ "SO_SNDBUF", SOL_SOCKET, SO_SNDBUF, 20000 },	 { "SO_RCVBUF", SOL_SOCKET, SO_RCVBUF, 30000 },
	{ "SO_NO_CHECK", SOL_SOCKET, SO_NO_CHECK, 1 },
};
static const struct option tcp[] = {
	{ "SO_KEEPALIVE", SOL_SOCKET, SO_KEEPALIVE, 1 },   { "TCP_NODELAY", IPPROTO_TCP, TCP_NODELAY, 1 },
	{ "TCP_CORK", IPPROTO_TCP, TCP_CORK, 1 },	   { "TCP_KEEPCNT", IPPROTO_TCP, TCP_KEEPCNT, 5 },
	{ "TCP_KEEPIDLE", IPPROTO_TCP, TCP_KEEPIDLE, 61 }, { "TCP_KEEPINTVL", IPPROTO_TCP, TCP_KEEPINTVL, 17 },
};
static const struct option v4[] = {
	{ "IP_TOS", IPPROTO_IP, IP_TOS, 0x10 },
	{ "IP_TTL", IPPROTO_IP, IP_TTL, 33 },
	{ "IP_PKTINFO", IPPROTO_IP, IP_PKTINFO, 1 },
	{ "IP_FREEBIND", IPPROTO_IP, IP_FREEBIND, 1 },
};
static const struct option v6[] = {
	{ "IPV6_RECVPKTINFO", IPPROTO_IPV6, IPV6_RECVPKTINFO, 1 },
	{ "IPV6_FREEBIND", IPPROTO_IPV6, 78, 1 },
};
static const struct option raw4[] = { { "IP_HDRINCL", IPPROTO_IP, IP_HDRINCL, 1 }, { "IP_NODEFRAG", IPPROTO_IP, 22, 1 } };
static const struct option raw6[] = { { "IPV6_HDRINCL", IPPROTO_IPV6, 36, 1 } };

#define LIST(options) options, sizeof options / sizeof *options

static int get(int fd, const struct option *option)
{
	int value = -1;
	socklen_t length = sizeof value;
	getsockopt(fd, option->level, option->number, &value, &length);
	return value;
}

static void set(int fd, const struct option *options, int count)
{
	for (int n = 0; n < count; n++)
		if (setsockopt(fd, options[n].level, options[n].number, &options[n].value, sizeof(int)) < 0) {
			fprintf(stderr, "%s\n", options[n].name);
			exit(1);
		}
}

#define SOCKETS 8
static const struct {
	const char *name;
	int family, type, protocol;
} kinds[SOCKETS] = {
	{ "TCP", AF_INET, SOCK_STREAM, 0 },	     { "TCP of v6", AF_INET6, SOCK_STREAM, 0 },
	{ "UDP", AF_INET, SOCK_DGRAM, 0 },	     { "UDP of v6", AF_INET6, SOCK_DGRAM, 0 },
	{ "UDP-Lite", AF_INET, SOCK_DGRAM, UDPLITE }, { "raw", AF_INET, SOCK_RAW, 253 },
	{ "raw of v6", AF_INET6, SOCK_RAW, 253 },    { "listening", AF_INET, SOCK_STREAM, 0 },
};

/* The options of one kind of socket. */
static int options_of(int kind, struct option *all)
{
	int count = 0;
#define ADD(options) memcpy(all + count, options, sizeof options), count += sizeof options / sizeof *options
	ADD(common);
	if (kinds[kind].type == SOCK_STREAM)
		ADD(tcp);
	if (kinds[kind].family == AF_INET)
		ADD(v4);
	else
		ADD(v6);
	if (kinds[kind].type == SOCK_RAW && kinds[kind].family == AF_INET)
		ADD(raw4);
	if (kinds[kind].type == SOCK_RAW && kinds[kind].family == AF_INET6)
		ADD(raw6);
	return count;
}

int main(void)
{
	int fds[SOCKETS], plain[SOCKETS], wanted[SOCKETS][32], untouched[SOCKETS][32];
	struct option all[32];
	struct timeval limit = { 7, 500000 }, found;
	struct linger linger = { 1, 9 };
	for (int n = 0; n < SOCKETS; n++) {
		fds[n] = socket(kinds[n].family, kinds[n].type, kinds[n].protocol);
		plain[n] = socket(kinds[n].family, kinds[n].type, kinds[n].protocol);
		MUST(fds[n] >= 0 && plain[n] >= 0);
		int count = options_of(n, all);
		set(fds[n], all, count);
		MUST(setsockopt(fds[n], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0);
		MUST(setsockopt(fds[n], SOL_SOCKET, SO_LINGER, &linger, sizeof linger) == 0);
		if (strcmp(kinds[n].name, "listening") == 0)
			MUST(listen(fds[n], 3) == 0 && listen(plain[n], 3) == 0);
		for (int m = 0; m < count; m++)
			wanted[n][m] = get(fds[n], &all[m]), untouched[n][m] = get(plain[n], &all[m]);
	}
	int bound = socket(AF_INET6, SOCK_DGRAM, 0);
	MUST(setsockopt(bound, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3) == 0);
	/* a ping socket; a sysctl permits it */
	int ping = socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP);
	struct sockaddr_in to = { AF_INET, htons(0x4711), { htonl(INADDR_LOOPBACK) }, "" };
	if (ping >= 0)
		MUST(bind(ping, (void *)&to, sizeof to) == 0);
	/* a connected UDP-Lite socket */
	int lite[2] = { socket(AF_INET, SOCK_DGRAM, UDPLITE), socket(AF_INET, SOCK_DGRAM, UDPLITE) };
	struct sockaddr_in own = { AF_INET, 0, { htonl(INADDR_LOOPBACK) }, "" };
	socklen_t length = sizeof own;
	MUST(bind(lite[0], (void *)&own, sizeof own) == 0 && getsockname(lite[0], (void *)&own, &length) == 0);
	MUST(connect(lite[1], (void *)&own, sizeof own) == 0);
	int netlink = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	struct sockaddr_nl name = { AF_NETLINK, 0, 0, 0 }, now;
	MUST(connect(netlink, (void *)&name, sizeof name) == 0);
	length = sizeof name;
	MUST(getsockname(netlink, (void *)&name, &length) == 0);

	wait_for_restore();

	for (int n = 0; n < SOCKETS; n++) {
		int count = options_of(n, all);
		for (int m = 0; m < count; m++) {
			CHECK(get(fds[n], &all[m]) == wanted[n][m], "%s: %s is %d, not %d", kinds[n].name, all[m].name, get(fds[n], &all[m]), wanted[n][m]);
			CHECK(get(plain[n], &all[m]) == untouched[n][m], "%s: %s is %d without having been set", kinds[n].name, all[m].name,
			      get(plain[n], &all[m]));
		}
		length = sizeof found;
		CHECK(getsockopt(fds[n], SOL_SOCKET, SO_RCVTIMEO, &found, &length) == 0 && found.tv_sec == 7 && found.tv_usec == 500000,
		      "%s: time limit", kinds[n].name);
		length = sizeof linger;
		CHECK(getsockopt(fds[n], SOL_SOCKET, SO_LINGER, &linger, &length) == 0 && linger.l_onoff && linger.l_linger == 9, "%s: SO_LINGER",
		      kinds[n].name);
	}
	char device[16] = "";
	length = sizeof device;
	CHECK(getsockopt(bound, SOL_SOCKET, SO_BINDTODEVICE, device, &length) == 0 && strcmp(device, "lo") == 0, "SO_BINDTODEVICE");
	if (ping >= 0) {
		unsigned char echo[8] = { 8 };
		int type = 0;
		length = sizeof type;
		CHECK(getsockopt(ping, SOL_SOCKET, SO_PROTOCOL, &type, &length) == 0 && type == IPPROTO_ICMP, "ping: protocol %d", type);
		CHECK(sendto(ping, echo, sizeof echo, 0, (void *)&to, sizeof to) == sizeof echo && recv(ping, echo, sizeof echo, 0) == 8 && echo[0] == 0,
		      "ping: no answer");
	}
	char byte = 0;
	CHECK(send(lite[1], "l", 1, 0) == 1 && recv(lite[0], &byte, 1, MSG_DONTWAIT) == 1 && byte == 'l', "UDP-Lite");
	length = sizeof now;
	CHECK(getsockname(netlink, (void *)&now, &length) == 0 && now.nl_pid == name.nl_pid, "netlink");
	return finish();
}
