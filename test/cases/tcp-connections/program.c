/* TCP connections to a process outside of the checkpoint: with unsent data, and half closed. */
#include "../case.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

/* The history of each connection before the checkpoint. */
enum { UNSENT, HALF_CLOSED, CLOSED_BY_PEER, MAPPED, CLOSED_BY_BOTH, CROSSED, COUNT };
static const char *const names[] = { "unsent", "half-closed", "closed by the peer", "mapped", "closed by both", "crossed" };
static const int states[] = { TCP_ESTABLISHED, TCP_FIN_WAIT1, TCP_CLOSE_WAIT, TCP_CLOSE_WAIT, TCP_LAST_ACK, TCP_CLOSING };

static unsigned char pattern(int connection, int at)
{
	return at * 31 + at / 997 + connection;
}

static int state(int fd)
{
	struct tcp_info info = { 0 };
	socklen_t length = sizeof info;
	getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length);
	return info.tcpi_state;
}

/* The program ends even if the test abandons it. */
static void wait_for(const char *path)
{
	for (int n = 0; faccessat(home, path, F_OK, 0) != 0; n++) {
		MUST(n < 12000);
		usleep(5000);
	}
}

/* Reads until the end of the connection, or `length` bytes. Returns how many bytes are as expected. */
static int take(int fd, int connection, int length)
{
	int at = 0;
	unsigned char byte[4096];
	struct timeval limit = { 10, 0 };
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
	while (at < length) {
		ssize_t got = recv(fd, byte, (size_t)(length - at) < sizeof byte ? (size_t)(length - at) : sizeof byte, 0);
		if (got <= 0)
			return got == 0 ? at : -1;
		for (int n = 0; n < got; n++)
			if (byte[n] != pattern(connection, at++))
				return -2;
	}
	return at;
}

/* Sends until the socket would block. Returns how many bytes were sent. */
static int fill(int fd, int connection)
{
	int at = 0;
	for (int pauses = 0; pauses < 10;) {
		unsigned char byte[1000];
		for (int n = 0; n < (int)sizeof byte; n++)
			byte[n] = pattern(connection, at + n);
		ssize_t sent = send(fd, byte, sizeof byte, MSG_DONTWAIT);
		if (sent > 0)
			at += sent;
		else {
			pauses++;
			usleep(20000);
		}
	}
	return at;
}

/* The server. */
static void serve(int listener)
{
	int fds[COUNT];
	for (int n = 0; n < COUNT; n++)
		MUST((fds[n] = accept(listener, NULL, NULL)) >= 0);
	MUST(shutdown(fds[CLOSED_BY_PEER], SHUT_WR) == 0 && shutdown(fds[MAPPED], SHUT_WR) == 0 && shutdown(fds[CLOSED_BY_BOTH], SHUT_WR) == 0);
	wait_for("filled");
	MUST(shutdown(fds[CROSSED], SHUT_WR) == 0);
	put("served", "");
	wait_for("go");
	char report[400] = "";
	for (int n = 0; n < COUNT; n++)
		sprintf(report + strlen(report), "%d ", take(fds[n], n, 1 << 30));
	put("report.new", report);
	renameat(home, "report.new", home, "report");
	wait_for("result");
}

static int connect_to(int port, int mapped)
{
	int fd = socket(mapped ? AF_INET6 : AF_INET, SOCK_STREAM, 0), small = 20000;
	MUST(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small) == 0);
	struct sockaddr_in to4 = { AF_INET, htons(port), { htonl(INADDR_LOOPBACK) }, "" };
	struct sockaddr_in6 to6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	inet_pton(AF_INET6, "::ffff:127.0.0.1", &to6.sin6_addr);
	MUST(connect(fd, mapped ? (void *)&to6 : (void *)&to4, mapped ? sizeof to6 : sizeof to4) == 0);
	return fd;
}

int main(void)
{
	int listener = socket(AF_INET, SOCK_STREAM, 0), small = 4096, sent[COUNT] = { 0 }, fds[COUNT];
	MUST(setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &small, sizeof small) == 0);
	struct sockaddr_in own = { AF_INET, 0, { htonl(INADDR_LOOPBACK) }, "" };
	socklen_t length = sizeof own;
	MUST(bind(listener, (void *)&own, sizeof own) == 0 && listen(listener, COUNT) == 0);
	MUST(getsockname(listener, (void *)&own, &length) == 0);
	/* reparents the server out of the tree */
	pid_t child = fork();
	MUST(child >= 0);
	if (child == 0) {
		if (setsid() < 0 || fork() != 0)
			_exit(0);
		serve(listener);
		_exit(0);
	}
	MUST(waitpid(child, NULL, 0) == child && close(listener) == 0);

	for (int n = 0; n < COUNT; n++)
		fds[n] = connect_to(ntohs(own.sin_port), n == MAPPED);
	for (int n = 0; n < COUNT; n++)
		sent[n] = n == CLOSED_BY_PEER || n == MAPPED ? 0 : fill(fds[n], n);
	MUST(shutdown(fds[HALF_CLOSED], SHUT_WR) == 0 && shutdown(fds[CLOSED_BY_BOTH], SHUT_WR) == 0 && shutdown(fds[CROSSED], SHUT_WR) == 0);
	put("filled", "");
	wait_for("served");
	usleep(300000);
	for (int n = 0; n < COUNT; n++)
		if (state(fds[n]) != states[n]) {
			fprintf(stderr, "%s is in state %d\n", names[n], state(fds[n]));
			return 1;
		}

	wait_for_restore();

	for (int n = 0; n < COUNT; n++) {
		char byte;
		if (n == UNSENT || n == HALF_CLOSED)
			continue;
		CHECK(recv(fds[n], &byte, 1, 0) == 0, "%s: there is no end", names[n]);
	}
	unsigned char byte = pattern(MAPPED, 0);
	CHECK(send(fds[CLOSED_BY_PEER], (unsigned char[]){ pattern(CLOSED_BY_PEER, 0) }, 1, 0) == 1, "closed by the peer: it cannot be written");
	CHECK(send(fds[MAPPED], &byte, 1, 0) == 1, "mapped: it cannot be written");
	sent[CLOSED_BY_PEER] = sent[MAPPED] = 1;
	for (int n = 0; n < COUNT; n++)
		CHECK(shutdown(fds[n], SHUT_WR) == 0 || n == CLOSED_BY_BOTH || n == HALF_CLOSED || n == CROSSED, "%s: shutdown", names[n]);
	wait_for("report");
	int fd = openat(home, "report", O_RDONLY);
	char report[400] = "", *at = report;
	CHECK(read(fd, report, sizeof report - 1) > 0, "there is no report");
	for (int n = 0; n < COUNT; n++) {
		long got = strtol(at, &at, 10);
		CHECK(got == sent[n], "%s: the peer got %ld of %d bytes", names[n], got, sent[n]);
	}
	return finish();
}
