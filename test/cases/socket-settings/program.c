/* Options of sockets of every kind that CRIU does not save. */
#include "../case.h"
#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>

struct option {
	int level, number;
	long value;
	int size;
};

/* Those that a kind of socket does not have, or this kernel not yet, are skipped. */
static const struct option options[] = {
	{ SOL_SOCKET, 29, 1, 4 },	  { SOL_SOCKET, 37, 0x59, 4 },	  { SOL_SOCKET, 40, 1, 4 },  { SOL_SOCKET, 41, 1, 4 },
	{ SOL_SOCKET, 42, 3, 4 },	  { SOL_SOCKET, 43, 1, 4 },	  { SOL_SOCKET, 45, 1, 4 },  { SOL_SOCKET, 46, 50, 4 },
	{ SOL_SOCKET, 47, 123456, 8 },	  { SOL_SOCKET, 60, 1, 4 },	  { SOL_SOCKET, 61, 1, 8 },  { SOL_SOCKET, 69, 1, 4 },
	{ SOL_SOCKET, 70, 10, 4 },	  { SOL_SOCKET, 74, 0, 4 },	  { SOL_SOCKET, 75, 1, 4 },  { SOL_SOCKET, 76, 1, 4 },
	{ SOL_SOCKET, 82, 1, 4 },	  { SOL_SOCKET, 83, 0, 4 },	  { SOL_SOCKET, 1, 1, 4 },   { IPPROTO_IP, 6, 1, 4 },
	{ IPPROTO_IP, 7, 1, 4 },	  { IPPROTO_IP, 10, 2, 4 },	  { IPPROTO_IP, 11, 1, 4 },  { IPPROTO_IP, 12, 1, 4 },
	{ IPPROTO_IP, 13, 1, 4 },	  { IPPROTO_IP, 18, 1, 4 },	  { IPPROTO_IP, 19, 1, 4 },  { IPPROTO_IP, 20, 1, 4 },
	{ IPPROTO_IP, 21, 44, 4 },	  { IPPROTO_IP, 23, 1, 4 },	  { IPPROTO_IP, 24, 1, 4 },  { IPPROTO_IP, 25, 1, 4 },
	{ IPPROTO_IP, 26, 1, 4 },	  { IPPROTO_IP, 32, 0x0100007f, 4 }, { IPPROTO_IP, 33, 7, 4 }, { IPPROTO_IP, 34, 0, 4 },
	{ IPPROTO_IP, 49, 0, 4 },	  { IPPROTO_IP, 50, 0x01000000, 4 }, { IPPROTO_IP, 51, 0x00c80064, 4 },
	{ IPPROTO_IPV6, 16, 33, 4 },	  { IPPROTO_IPV6, 17, 1, 4 },	  { IPPROTO_IPV6, 18, 5, 4 }, { IPPROTO_IPV6, 19, 0, 4 },
	{ IPPROTO_IPV6, 23, 2, 4 },	  { IPPROTO_IPV6, 25, 1, 4 },	  { IPPROTO_IPV6, 29, 0, 4 }, { IPPROTO_IPV6, 33, 1, 4 },
	{ IPPROTO_IPV6, 51, 1, 4 },	  { IPPROTO_IPV6, 53, 1, 4 },	  { IPPROTO_IPV6, 56, 1, 4 }, { IPPROTO_IPV6, 58, 1, 4 },
	{ IPPROTO_IPV6, 60, 1, 4 },	  { IPPROTO_IPV6, 62, 1, 4 },	  { IPPROTO_IPV6, 66, 1, 4 }, { IPPROTO_IPV6, 67, 0x20, 4 },
	{ IPPROTO_IPV6, 70, 0, 4 },	  { IPPROTO_IPV6, 72, 2, 4 },	  { IPPROTO_IPV6, 73, 9, 4 }, { IPPROTO_IPV6, 74, 1, 4 },
	{ IPPROTO_IPV6, 75, 1, 4 },	  { IPPROTO_IPV6, 77, 1, 4 },	  { IPPROTO_IPV6, 59, 0x000400010011, 8 },
	{ IPPROTO_TCP, 2, 1000, 4 },	  { IPPROTO_TCP, 7, 2, 4 },	  { IPPROTO_TCP, 8, 13, 4 }, { IPPROTO_TCP, 9, 5, 4 },
	{ IPPROTO_TCP, 10, 50000, 4 },	  { IPPROTO_TCP, 13, 0x6f6e6572 /* reno */, 4 }, { IPPROTO_TCP, 16, 1, 4 },
	{ IPPROTO_TCP, 18, 5000, 4 },	  { IPPROTO_TCP, 23, 6, 4 },	  { IPPROTO_TCP, 25, 4096, 4 }, { IPPROTO_TCP, 27, 1, 4 },
	{ IPPROTO_TCP, 30, 1, 4 },	  { IPPROTO_TCP, 34, 1, 4 },	  { IPPROTO_TCP, 36, 1, 4 }, { IPPROTO_TCP, 37, 1500, 4 },
	{ IPPROTO_TCP, 44, 60000, 4 },	  { IPPROTO_TCP, 45, 8000, 4 },	  { IPPROTO_TCP, 46, 9000, 4 },
	{ IPPROTO_UDP, 1, 1, 4 },	  { IPPROTO_UDP, 101, 1, 4 },	  { IPPROTO_UDP, 102, 1, 4 }, { IPPROTO_UDP, 103, 900, 4 },
	{ IPPROTO_UDP, 104, 1, 4 },	  { 270, 3, 1, 4 },		  { 270, 4, 1, 4 },	     { 270, 5, 1, 4 },
	{ 270, 8, 1, 4 },		  { 270, 10, 1, 4 },		  { 270, 11, 1, 4 },	     { 270, 12, 1, 4 },
};
enum { OPTIONS = sizeof options / sizeof *options, KINDS = 10 };

static const char *const names[KINDS] = { "TCP listener", "TCP client", "TCP server", "UDP", "TCP6 listener", "UDP6", "raw", "raw6", "Unix", "netlink" };
static int sockets[KINDS];
static char before[KINDS][OPTIONS][16];

static void look(int kind, int number, char *value)
{
	socklen_t length = 15;
	memset(value, 0, 16);
	value[15] = getsockopt(sockets[kind], options[number].level, options[number].number, value, &length) == 0;
}

static int bound(int type, struct sockaddr_in address)
{
	int fd = socket(AF_INET, type, 0), on = 1;
	MUST(fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 && bind(fd, (void *)&address, sizeof address) == 0);
	return fd;
}

int main(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(7816) };
	struct sockaddr_in6 address6 = { .sin6_family = AF_INET6, .sin6_port = htons(7817) };
	sockets[0] = bound(SOCK_STREAM, address);
	MUST(listen(sockets[0], 4) == 0);
	sockets[1] = socket(AF_INET, SOCK_STREAM, 0);
	MUST(connect(sockets[1], (void *)&address, sizeof address) == 0);
	sockets[2] = accept(sockets[0], NULL, NULL);
	sockets[3] = bound(SOCK_DGRAM, address);
	sockets[4] = socket(AF_INET6, SOCK_STREAM, 0);
	sockets[5] = socket(AF_INET6, SOCK_DGRAM, 0);
	MUST(bind(sockets[4], (void *)&address6, sizeof address6) == 0 && listen(sockets[4], 4) == 0);
	MUST(bind(sockets[5], (void *)&address6, sizeof address6) == 0);
	sockets[6] = socket(AF_INET, SOCK_RAW, 253);
	sockets[7] = socket(AF_INET6, SOCK_RAW, 253);
	int pair[2];
	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	sockets[8] = pair[0];
	sockets[9] = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	/* A filter that cannot be removed. */
	struct sock_filter pass[] = { BPF_STMT(BPF_RET | BPF_K, 0xffff) };
	struct sock_fprog filter = { 1, pass };
	int locked = socket(AF_INET, SOCK_DGRAM, 0), on = 1;
	MUST(setsockopt(locked, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) == 0);
	MUST(setsockopt(locked, SOL_SOCKET, SO_LOCK_FILTER, &on, 4) == 0);

	for (int kind = 0; kind < KINDS; kind++) {
		MUST(sockets[kind] >= 0);
		for (int number = 0; number < OPTIONS; number++)
			setsockopt(sockets[kind], options[number].level, options[number].number, &options[number].value, options[number].size);
	}
	for (int kind = 0; kind < KINDS; kind++)
		for (int number = 0; number < OPTIONS; number++)
			look(kind, number, before[kind][number]);
	wait_for_restore();
	for (int kind = 0; kind < KINDS; kind++)
		for (int number = 0; number < OPTIONS; number++) {
			/* A connection tells the size of its segments, and the processor measures it. */
			if ((kind == 1 || kind == 2) && options[number].level == IPPROTO_TCP && options[number].number == TCP_MAXSEG)
				continue;
			/* Stream sockets show the time to live of what they receive. */
			if (kind == 2 && options[number].level == IPPROTO_IP && options[number].number == IP_MULTICAST_TTL)
				continue;
			char after[16];
			look(kind, number, after);
			int was = *(int *)before[kind][number], is = *(int *)after;
			CHECK(memcmp(after, before[kind][number], 16) == 0, "%s: option %d.%d: %d -> %d", names[kind], options[number].level, options[number].number, was, is);
		}
	CHECK(setsockopt(locked, SOL_SOCKET, SO_DETACH_FILTER, &on, 4) < 0 && errno == EPERM, "the filter can be removed");
	return finish();
}
