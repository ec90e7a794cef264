/* Sockets of TCP and UDP, IPv4 and IPv6, within the checkpoint, and three connections from a process outside of it. Reports the names that it finds. */
#include "../case.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

enum { OUTSIDE = 3 };

static char report[2000];
#define SAY(...) snprintf(report + strlen(report), sizeof report - strlen(report), __VA_ARGS__)

static void wait_for(const char *path)
{
	for (int n = 0; faccessat(home, path, F_OK, 0) != 0; n++) {
		MUST(n < 12000);
		usleep(5000);
	}
}

static int bound(int family, int type)
{
	int fd = socket(family, type, 0);
	struct sockaddr_in v4 = { AF_INET, 0, { htonl(INADDR_LOOPBACK) }, "" };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	MUST(bind(fd, family == AF_INET ? (void *)&v4 : (void *)&v6, family == AF_INET ? sizeof v4 : sizeof v6) == 0);
	MUST(type != SOCK_STREAM || listen(fd, 8) == 0);
	return fd;
}

static int connected(int family, int type, int server)
{
	struct sockaddr_storage to;
	socklen_t length = sizeof to;
	int fd = socket(family, type, 0);
	MUST(getsockname(server, (void *)&to, &length) == 0 && connect(fd, (void *)&to, length) == 0);
	return fd;
}

static const char *name(const struct sockaddr_storage *address)
{
	static char text[4][80];
	static int at;
	char host[64] = "";
	const struct sockaddr_in6 *v6 = (void *)address;
	const struct sockaddr_in *v4 = (void *)address;
	inet_ntop(address->ss_family, address->ss_family == AF_INET ? (void *)&v4->sin_addr : (void *)&v6->sin6_addr, host, sizeof host);
	char *result = text[at++ % 4];
	snprintf(result, sizeof text[0], "%s %d", host, ntohs(v4->sin_port));
	return result;
}

/* The names of both ends. */
static void tell(const char *what, int fd)
{
	struct sockaddr_storage own = { 0 }, peer = { 0 };
	socklen_t length = sizeof own;
	getsockname(fd, (void *)&own, &length);
	length = sizeof peer;
	int has_peer = getpeername(fd, (void *)&peer, &length) == 0;
	SAY("%s %s%s%s\n", what, name(&own), has_peer ? " to " : "", has_peer ? name(&peer) : "");
}

static void talk(const char *what, int from, int to)
{
	char byte = 0;
	struct timeval limit = { 5, 0 };
	setsockopt(to, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
	if (send(from, "x", 1, MSG_NOSIGNAL) != 1 || recv(to, &byte, 1, 0) != 1)
		SAY("%s is cut (errno %d)\n", what, errno);
}

/* The process outside. It says what becomes of its connections. */
static void outside(int listener)
{
	int fds[OUTSIDE];
	for (int n = 0; n < OUTSIDE; n++)
		fds[n] = connected(AF_INET, SOCK_STREAM, listener);
	close(listener);
	put("outside-ready", "");
	wait_for("told");
	for (int n = 0; n < OUTSIDE; n++) {
		struct pollfd one = { fds[n], POLLIN, 0 };
		char text[8] = "";
		int some = poll(&one, 1, 500), got = some ? recv(fds[n], text, sizeof text - 1, 0) : 0;
		SAY("outside %d: %s\n", n, some == 0 ? "silence" : got > 0 ? text : got == 0 ? "end" : strerrorname_np(errno));
	}
	put("outside.new", report);
	renameat(home, "outside.new", home, "outside");
}

int main(void)
{
	int l4 = bound(AF_INET, SOCK_STREAM), l6 = bound(AF_INET6, SOCK_STREAM), accepted[OUTSIDE];
	int u4 = bound(AF_INET, SOCK_DGRAM), u6 = bound(AF_INET6, SOCK_DGRAM);
	pid_t child = fork();
	MUST(child >= 0);
	if (child == 0) {
		if (setsid() < 0 || fork() != 0)
			_exit(0);
		outside(l4);
		_exit(0);
	}
	MUST(waitpid(child, NULL, 0) == child);
	for (int n = 0; n < OUTSIDE; n++)
		MUST((accepted[n] = accept(l4, NULL, NULL)) >= 0);
	int c4 = connected(AF_INET, SOCK_STREAM, l4), a4 = accept(l4, NULL, NULL);
	int c6 = connected(AF_INET6, SOCK_STREAM, l6), a6 = accept(l6, NULL, NULL);
	int d4 = connected(AF_INET, SOCK_DGRAM, u4), d6 = connected(AF_INET6, SOCK_DGRAM, u6);
	MUST(a4 >= 0 && a6 >= 0);
	tell("l4", l4), tell("l6", l6), tell("u4", u4), tell("u6", u6);
	put("before", report);
	*report = 0;
	wait_for("outside-ready");

	wait_for_restore();

	tell("l4", l4), tell("l6", l6), tell("u4", u4), tell("u6", u6);
	tell("c4", c4), tell("a4", a4), tell("c6", c6), tell("a6", a6), tell("d4", d4), tell("d6", d6);
	talk("c4", c4, a4), talk("a6", a6, c6), talk("d4", d4, u4), talk("d6", d6, u6);
	close(connected(AF_INET, SOCK_STREAM, l4));
	for (int n = 0; n < OUTSIDE; n++) {
		char byte;
		tell("outside", accepted[n]);
		if (send(accepted[n], "hi", 2, MSG_NOSIGNAL) != 2)
			SAY("ended: %s, %zd bytes\n", strerrorname_np(errno), recv(accepted[n], &byte, 1, 0));
	}
	put("told", "");
	wait_for("outside");
	put("verdict", report);
	return renameat(home, "verdict", home, "result");
}
