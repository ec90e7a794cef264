/* Listeners of MPTCP, as Go programs make them: listening, bound, new; clients of both protocols reach them. */
#include "../case.h"
#include "../socket-options.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

static int bound(int family)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_MPTCP);
	MUST(fd >= 0);
	set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	struct sockaddr_in6 any = { .sin6_family = AF_INET6 };
	struct sockaddr_in local = { AF_INET, 0, { htonl(INADDR_LOOPBACK) }, "" };
	MUST(bind(fd, family == AF_INET6 ? (void *)&any : (void *)&local, family == AF_INET6 ? sizeof any : sizeof local) == 0);
	return fd;
}

static int port_of(int fd)
{
	struct sockaddr_in6 own = { 0 };
	socklen_t length = sizeof own;
	MUST(getsockname(fd, (void *)&own, &length) == 0);
	return own.sin6_port;
}

/* A client says hello. Returns the protocol that both agreed on. */
static int serves(const char *what, int listener, int protocol)
{
	struct sockaddr_in to = { AF_INET, port_of(listener), { htonl(INADDR_LOOPBACK) }, "" };
	int client = socket(AF_INET, SOCK_STREAM, protocol);
	CHECK(connect(client, (void *)&to, sizeof to) == 0 && send(client, "hello", 5, 0) == 5, "%s: send", what);
	struct pollfd waiting = { listener, POLLIN, 0 };
	CHECK(poll(&waiting, 1, 5000) == 1, "%s: no connection", what);
	int accepted = accept(listener, NULL, NULL);
	char found[8] = "";
	CHECK(recv(accepted, found, sizeof found, 0) == 5 && strcmp(found, "hello") == 0, "%s: '%s'", what, found);
	int agreed = get(accepted, SOL_SOCKET, SO_PROTOCOL);
	close(client);
	close(accepted);
	return agreed;
}

int main(void)
{
	int listener = bound(AF_INET6), only4 = bound(AF_INET), idle = bound(AF_INET);
	int fresh = socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP);
	MUST(fresh >= 0);
	set(listener, IPPROTO_TCP, TCP_NODELAY, 1);
	set(listener, SOL_SOCKET, SO_KEEPALIVE, 1);
	set(only4, SOL_IP, IP_TOS, 0x10);
	MUST(listen(listener, 77) == 0 && listen(only4, 5) == 0);
	/* a TCP client, whose connection is TCP on both sides */
	struct sockaddr_in to = { AF_INET, port_of(only4), { htonl(INADDR_LOOPBACK) }, "" };
	int client = socket(AF_INET, SOCK_STREAM, 0);
	MUST(connect(client, (void *)&to, sizeof to) == 0);
	int accepted = accept(only4, NULL, NULL);
	/* the kernel reports 0, which means 1 */
	set(accepted, SOL_SOCKET, SO_RCVLOWAT, 1);
	MUST(accepted >= 0 && write(client, "before", 6) == 6);
	int ports[] = { port_of(listener), port_of(only4), port_of(idle) };
	wait_for_restore();
	CHECK(port_of(listener) == ports[0] && port_of(only4) == ports[1] && port_of(idle) == ports[2], "ports");
	char found[16] = "";
	CHECK(read(accepted, found, sizeof found) == 6 && write(accepted, "after", 5) == 5, "the connection: '%s'", found);
	CHECK(read(client, found, sizeof found) == 5 && memcmp(found, "aftere", 6) == 0, "the client: '%s'", found);
	int all[] = { listener, only4, idle, fresh };
	for (int n = 0; n < 4; n++)
		CHECK(get(all[n], SOL_SOCKET, SO_PROTOCOL) == IPPROTO_MPTCP, "socket %d: protocol", n);
	CHECK(get(listener, IPPROTO_TCP, TCP_NODELAY) == 1 && get(listener, SOL_SOCKET, SO_KEEPALIVE) == 1, "options");
	CHECK(get(only4, SOL_IP, IP_TOS) == 0x10 && get(only4, SOL_SOCKET, SO_REUSEADDR) == 1, "options of the second");
	CHECK(get(idle, SOL_SOCKET, SO_ACCEPTCONN) == 0 && listen(idle, 5) == 0, "the third does not listen yet");
	CHECK(serves("TCP", listener, IPPROTO_TCP) == IPPROTO_TCP, "a TCP client");
	CHECK(serves("MPTCP", listener, IPPROTO_MPTCP) == IPPROTO_MPTCP, "an MPTCP client");
	CHECK(serves("IPv4", only4, IPPROTO_MPTCP) == IPPROTO_MPTCP, "the second");
	CHECK(serves("third", idle, IPPROTO_TCP) == IPPROTO_TCP, "the third");
	return finish();
}
