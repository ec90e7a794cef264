/* TCP connections whose ends have sent their FINs, with everything read; the sockets still know their peers. */
#include "../case.h"
#include "../connections.h"
#include <arpa/inet.h>
#include <linux/filter.h>
#include <netinet/tcp.h>

static int listener;
static char buffer[65536];

static int state_of(int fd)
{
	struct tcp_info info = { 0 };
	socklen_t length = sizeof info;
	CHECK(getsockopt(fd, SOL_TCP, TCP_INFO, &info, &length) == 0, "TCP_INFO");
	return info.tcpi_state;
}

/* The port of the peer: getpeername() does not tell it of a closed connection, SO_PEERNAME does. */
static int peer_of(int fd)
{
	struct sockaddr_in address = { 0 };
	socklen_t length = sizeof address;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERNAME, &address, &length) != 0)
		return -errno;
	return ntohs(address.sin_port);
}

static int getpeername_of(int fd)
{
	struct sockaddr_in address;
	socklen_t length = sizeof address;
	return getpeername(fd, (void *)&address, &length) == 0 ? 0 : errno;
}

static int port_of(int fd)
{
	struct sockaddr_in address = { 0 };
	socklen_t length = sizeof address;
	CHECK(getsockname(fd, (void *)&address, &length) == 0, "getsockname");
	return ntohs(address.sin_port);
}

struct end {
	const char *name;
	int fd, state, peer, port, getpeername;
};

static struct end remember(const char *name, int fd)
{
	return (struct end){ name, fd, state_of(fd), peer_of(fd), port_of(fd), getpeername_of(fd) };
}

static void check(const struct end *end)
{
	char byte;
	CHECK(state_of(end->fd) == end->state, "%s: state %d, not %d", end->name, state_of(end->fd), end->state);
	CHECK(peer_of(end->fd) == end->peer, "%s: peer %d, not %d", end->name, peer_of(end->fd), end->peer);
	CHECK(port_of(end->fd) == end->port, "%s: port %d, not %d", end->name, port_of(end->fd), end->port);
	CHECK(getpeername_of(end->fd) == end->getpeername, "%s: getpeername() gives %d, not %d", end->name, getpeername_of(end->fd), end->getpeername);
	CHECK(read(end->fd, &byte, 1) == 0, "%s: not at its end", end->name);
	CHECK(send(end->fd, "x", 1, MSG_NOSIGNAL | MSG_DONTWAIT) == (end->state == TCP_CLOSE_WAIT || end->state == TCP_ESTABLISHED ? 1 : -1), "%s: send", end->name);
}

int main(void)
{
	struct sockaddr_in any = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	char byte;
	int both[2], half[2], deaf[2], unread[2], last[2];
	listener = socket(AF_INET, SOCK_STREAM, 0);
	MUST(bind(listener, (void *)&any, sizeof any) == 0 && listen(listener, 8) == 0);
	/* FINs in both directions, everything read: TIME_WAIT or CLOSE on one side, CLOSE on the other */
	connect_pair(listener, both);
	MUST(shutdown(both[0], SHUT_WR) == 0 && read(both[1], &byte, 1) == 0 && shutdown(both[1], SHUT_WR) == 0 && read(both[0], &byte, 1) == 0);
	/* a FIN in one direction: FIN_WAIT2 and CLOSE_WAIT */
	connect_pair(listener, half);
	MUST(write(half[0], "last", 4) == 4 && shutdown(half[0], SHUT_WR) == 0);
	char text[8];
	MUST(read(half[1], text, sizeof text) == 4 && read(half[1], text, sizeof text) == 0);
	/* the same, and since then nothing passes the filter of the socket */
	connect_pair(listener, deaf);
	struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog filter = { 1, &nothing };
	MUST(shutdown(deaf[0], SHUT_WR) == 0 && read(deaf[1], &byte, 1) == 0);
	MUST(setsockopt(deaf[1], SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) == 0);
	/* the same as the first, with data that nobody has read */
	connect_pair(listener, unread);
	MUST(write(unread[0], "unread", 6) == 6 && shutdown(unread[0], SHUT_WR) == 0 && shutdown(unread[1], SHUT_WR) == 0);
	/* LAST_ACK, because the FIN comes after data for which the peer has no room: everything from the peer was read */
	connect_pair(listener, last);
	MUST(shutdown(last[0], SHUT_WR) == 0 && read(last[1], &byte, 1) == 0);
	long written = 0;
	for (ssize_t length; (length = send(last[1], buffer, sizeof buffer, MSG_DONTWAIT)) > 0;)
		written += length;
	MUST(shutdown(last[1], SHUT_WR) == 0);
	usleep(50000);
	struct end ends[] = { remember("both 0", both[0]), remember("both 1", both[1]), remember("half 1", half[1]), remember("deaf 1", deaf[1]), remember("last 1", last[1]) };
	MUST(ends[4].state == TCP_LAST_ACK && ends[4].getpeername == 0);
	wait_for_restore();
	memset(text, 0, sizeof text);
	CHECK(read(unread[1], text, sizeof text) == 6 && strcmp(text, "unread") == 0 && read(unread[1], text, 1) == 0, "unread data: %s", text);
	for (unsigned n = 0; n < sizeof ends / sizeof *ends; n++)
		check(&ends[n]);
	for (ssize_t length; (length = read(last[0], buffer, sizeof buffer)) > 0;)
		written -= length;
	CHECK(written == 0, "%ld bytes more were written than read", written);
	return finish();
}
