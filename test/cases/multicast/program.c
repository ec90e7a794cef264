/* Multicast groups that sockets have joined, with filters of sources. */
#include "../case.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

static struct sockaddr_storage address4(const char *text, int port)
{
	struct sockaddr_storage storage = { .ss_family = AF_INET };
	struct sockaddr_in *address = (void *)&storage;
	address->sin_port = htons(port);
	MUST(inet_pton(AF_INET, text, &address->sin_addr) == 1);
	return storage;
}

static struct sockaddr_storage address6(const char *text, int port)
{
	struct sockaddr_storage storage = { .ss_family = AF_INET6 };
	struct sockaddr_in6 *address = (void *)&storage;
	address->sin6_port = htons(port);
	MUST(inet_pton(AF_INET6, text, &address->sin6_addr) == 1);
	return storage;
}

static void join(int fd, int level, struct sockaddr_storage group)
{
	struct group_req request = { .gr_interface = 1, .gr_group = group };
	MUST(setsockopt(fd, level, MCAST_JOIN_GROUP, &request, sizeof request) == 0);
}

static void choose(int fd, int level, int option, struct sockaddr_storage group, struct sockaddr_storage source)
{
	struct group_source_req request = { .gsr_interface = 1, .gsr_group = group, .gsr_source = source };
	MUST(setsockopt(fd, level, option, &request, sizeof request) == 0);
}

/* Checks the filter of a socket that is in a group. */
static void is_in(int fd, int level, struct sockaddr_storage group, unsigned mode, unsigned sources, const char *what)
{
	char room[GROUP_FILTER_SIZE(8)] = "";
	struct group_filter *filter = (void *)room;
	socklen_t length = sizeof room;
	filter->gf_interface = 1;
	filter->gf_group = group;
	filter->gf_numsrc = 8;
	if (getsockopt(fd, level, MCAST_MSFILTER, filter, &length) != 0) {
		CHECK(0, "%s: it is not in the group", what);
		return;
	}
	CHECK(filter->gf_fmode == mode && filter->gf_numsrc == sources, "%s: mode %u, %u sources", what, filter->gf_fmode, filter->gf_numsrc);
}

/* Sends a byte to a group on the loopback device. */
static void send_to(struct sockaddr_storage group, char byte)
{
	int sender = socket(AF_INET, SOCK_DGRAM, 0);
	struct in_addr own = { htonl(INADDR_LOOPBACK) };
	MUST(setsockopt(sender, IPPROTO_IP, IP_MULTICAST_IF, &own, sizeof own) == 0);
	MUST(sendto(sender, &byte, 1, 0, (void *)&group, sizeof(struct sockaddr_in)) == 1);
	close(sender);
}

/* The next byte that a socket receives. */
static char next(int fd)
{
	struct pollfd ready = { fd, POLLIN, 0 };
	char byte = 0;
	poll(&ready, 1, 5000);
	recv(fd, &byte, 1, MSG_DONTWAIT);
	return byte;
}

int main(void)
{
	struct sockaddr_storage any4 = address4("0.0.0.0", 7830), any6 = address6("::", 7831);
	struct sockaddr_storage first = address4("239.1.2.3", 7830), second = address4("239.1.2.4", 7830);
	struct sockaddr_storage third = address4("239.1.2.5", 7830), sixth = address6("ff02::4242", 7831);
	int four = socket(AF_INET, SOCK_DGRAM, 0), six = socket(AF_INET6, SOCK_DGRAM, 0), both = socket(AF_INET6, SOCK_DGRAM, 0);
	MUST(bind(four, (void *)&any4, sizeof(struct sockaddr_in)) == 0 && bind(six, (void *)&any6, sizeof(struct sockaddr_in6)) == 0);
	join(four, IPPROTO_IP, first);
	join(four, IPPROTO_IP, second);
	choose(four, IPPROTO_IP, MCAST_BLOCK_SOURCE, second, address4("10.9.8.7", 0));
	for (int n = 1; n < 4; n++) {
		char source[16];
		snprintf(source, sizeof source, "10.0.0.%d", n);
		choose(four, IPPROTO_IP, MCAST_JOIN_SOURCE_GROUP, third, address4(source, 0));
	}
	join(six, IPPROTO_IPV6, sixth);
	/* A socket of IPv6 can be in a group of IPv4. */
	join(both, IPPROTO_IP, first);
	send_to(first, 'a');
	MUST(next(four) == 'a');

	wait_for_restore();
	is_in(four, IPPROTO_IP, first, MCAST_EXCLUDE, 0, "IPv4");
	is_in(four, IPPROTO_IP, second, MCAST_EXCLUDE, 1, "IPv4 without a source");
	is_in(four, IPPROTO_IP, third, MCAST_INCLUDE, 3, "IPv4 with sources");
	is_in(six, IPPROTO_IPV6, sixth, MCAST_EXCLUDE, 0, "IPv6");
	is_in(both, IPPROTO_IP, first, MCAST_EXCLUDE, 0, "IPv4 of a socket of IPv6");
	/* The one that is not wanted comes first, so nothing else is waited for. */
	send_to(third, 'b');
	send_to(first, 'c');
	char received = next(four);
	CHECK(received == 'c', "received %d", received);
	return finish();
}
