/* Datagrams that nobody has read yet: empty ones, large ones, from IPv4 and IPv6, to connected sockets and to all addresses. */
#include "../case.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

static int udp(int family, const char *address, struct sockaddr_storage *name)
{
	int fd = socket(family, SOCK_DGRAM, 0);
	struct sockaddr_in6 six = { .sin6_family = AF_INET6 };
	struct sockaddr_in four = { .sin_family = AF_INET };
	MUST(fd >= 0 && inet_pton(family, address, family == AF_INET ? (void *)&four.sin_addr : &six.sin6_addr) == 1);
	socklen_t length = family == AF_INET ? sizeof four : sizeof six;
	MUST(bind(fd, family == AF_INET ? (void *)&four : (void *)&six, length) == 0);
	length = sizeof *name;
	MUST(getsockname(fd, (void *)name, &length) == 0);
	return fd;
}

static in_port_t port_of(const struct sockaddr_storage *name)
{
	return ((const struct sockaddr_in *)name)->sin_port;
}

static void post(int from, const void *bytes, size_t length, const char *address, in_port_t port)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = port };
	MUST(inet_pton(AF_INET, address, &to.sin_addr) == 1);
	MUST(sendto(from, bytes, length, 0, (void *)&to, sizeof to) == (ssize_t)length);
}

static char large[60000];

/* Receives a datagram, and compares it and the port of its sender. */
static void expect(const char *what, int fd, const void *bytes, ssize_t length, in_port_t port)
{
	static char room[65536];
	struct sockaddr_storage from = { 0 };
	socklen_t size = sizeof from;
	ssize_t got = recvfrom(fd, room, sizeof room, MSG_DONTWAIT, (void *)&from, &size);
	CHECK(got == length && (length == 0 || memcmp(room, bytes, length) == 0), "%s: %zd bytes", what, got);
	CHECK(port_of(&from) == port, "%s: from port %d, not %d", what, ntohs(port_of(&from)), ntohs(port));
}

int main(void)
{
	struct sockaddr_storage name, of_peer, of_all, of_six, of_sender;
	memset(large, 'l', sizeof large);
	int sender = udp(AF_INET, "127.0.0.1", &of_sender);

	int plain = udp(AF_INET, "127.0.0.1", &name);
	post(sender, "one", 3, "127.0.0.1", port_of(&name));
	post(sender, "", 0, "127.0.0.1", port_of(&name));
	post(sender, large, sizeof large, "127.0.0.1", port_of(&name));

	int first = udp(AF_INET, "127.0.0.1", &name), second = udp(AF_INET, "127.0.0.1", &of_peer);
	MUST(connect(first, (void *)&of_peer, sizeof(struct sockaddr_in)) == 0);
	MUST(connect(second, (void *)&name, sizeof(struct sockaddr_in)) == 0);
	MUST(send(second, "from the peer", 13, 0) == 13);
	int offset = 4;
	MUST(setsockopt(first, SOL_SOCKET, SO_PEEK_OFF, &offset, sizeof offset) == 0);

	int all = udp(AF_INET, "0.0.0.0", &of_all), on = 1;
	MUST(setsockopt(all, SOL_IP, IP_PKTINFO, &on, sizeof on) == 0);
	post(sender, "to all", 6, "127.0.0.77", port_of(&of_all));

	int six = udp(AF_INET6, "::", &of_six), with_six = udp(AF_INET6, "::1", &name);
	post(sender, "from four", 9, "127.0.0.1", port_of(&of_six));
	struct sockaddr_in6 to = { .sin6_family = AF_INET6, .sin6_port = port_of(&of_six), .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	MUST(sendto(with_six, "from six", 8, 0, (void *)&to, sizeof to) == 8);

	wait_for_restore();

	expect("plain", plain, "one", 3, port_of(&of_sender));
	expect("empty", plain, "", 0, port_of(&of_sender));
	expect("large", plain, large, sizeof large, port_of(&of_sender));
	char text[32];
	socklen_t length = sizeof offset;
	CHECK(getsockopt(first, SOL_SOCKET, SO_PEEK_OFF, &offset, &length) == 0 && offset == 4, "offset %d", offset);
	expect("connected", first, "from the peer", 13, port_of(&of_peer));

	char control[128];
	struct iovec part = { text, sizeof text };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control };
	CHECK(recvmsg(all, &message, MSG_DONTWAIT) == 6 && memcmp(text, "to all", 6) == 0, "to all");
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	struct in_pktinfo *info = header == NULL ? NULL : (void *)CMSG_DATA(header);
	CHECK(info != NULL && info->ipi_addr.s_addr == htonl(0x7f00004d), "it came to %08x", info == NULL ? 0 : info->ipi_addr.s_addr);

	struct sockaddr_in6 from = { 0 };
	length = sizeof from;
	CHECK(recvfrom(six, text, sizeof text, MSG_DONTWAIT, (void *)&from, &length) == 9 && memcmp(text, "from four", 9) == 0, "from four");
	CHECK(IN6_IS_ADDR_V4MAPPED(&from.sin6_addr) && from.sin6_port == port_of(&of_sender), "the sender of IPv4");
	CHECK(recvfrom(six, text, sizeof text, MSG_DONTWAIT, (void *)&from, &length) == 8 && memcmp(text, "from six", 8) == 0, "from six");
	CHECK(IN6_IS_ADDR_LOOPBACK(&from.sin6_addr) && from.sin6_port == port_of(&name), "the sender of IPv6");
	return finish();
}
