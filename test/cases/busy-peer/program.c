/* Connections with a peer outside the tree, which sends without a pause. Each message is one more than the one before. */
#include "../case.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/wait.h>

enum { CONNECTIONS = 8, LAST_MESSAGES = 5000 };

static void send_all(int port)
{
	int sockets[CONNECTIONS];
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = port, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	for (int n = 0, one = 1; n < CONNECTIONS; n++) {
		sockets[n] = socket(AF_INET, SOCK_STREAM, 0);
		MUST(connect(sockets[n], (void *)&to, sizeof to) == 0);
		MUST(setsockopt(sockets[n], IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) == 0);
	}
	for (unsigned message = 0, left = LAST_MESSAGES; left > 0; message++) {
		for (int n = 0; n < CONNECTIONS; n++)
			if (send(sockets[n], &message, sizeof message, MSG_NOSIGNAL) != sizeof message)
				exit(1);
		if (access("go", F_OK) == 0)
			left--;
		else
			usleep(200);
	}
	for (int n = 0; n < CONNECTIONS; n++)
		shutdown(sockets[n], SHUT_WR);
	for (int n = 0; n < CONNECTIONS; n++) {
		char byte;
		recv(sockets[n], &byte, 1, 0);
	}
}

static int receive(int listener)
{
	struct pollfd polled[CONNECTIONS];
	unsigned counts[CONNECTIONS] = { 0 };
	int open = CONNECTIONS;
	for (int n = 0; n < CONNECTIONS; n++) {
		polled[n] = (struct pollfd){ .fd = accept(listener, NULL, NULL), .events = POLLIN };
		MUST(polled[n].fd >= 0);
	}
	put("ready", "");
	while (open > 0) {
		int polling = poll(polled, CONNECTIONS, 60000);
		/* A restore ends a poll(2) that waits with a time limit. */
		if (polling < 0 && errno == EINTR)
			continue;
		MUST(polling > 0);
		for (int n = 0; n < CONNECTIONS; n++) {
			unsigned message;
			if (polled[n].revents == 0)
				continue;
			ssize_t length = recv(polled[n].fd, &message, sizeof message, MSG_WAITALL);
			if (length == sizeof message && message == counts[n]) {
				counts[n]++;
				continue;
			}
			CHECK(length == 0 && counts[n] > LAST_MESSAGES, "connection %d ends after %u messages: %zd", n, counts[n], length);
			polled[n].fd = -1;
			open--;
		}
	}
	return finish();
}

int main(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof address;
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	MUST(bind(listener, (void *)&address, size) == 0 && listen(listener, CONNECTIONS) == 0);
	MUST(getsockname(listener, (void *)&address, &size) == 0);
	pid_t tree = fork();
	MUST(tree >= 0);
	if (tree == 0) {
		MUST(setsid() > 0);
		return receive(listener);
	}
	close(listener);
	pid_t peer = fork();
	MUST(peer >= 0);
	if (peer == 0) {
		send_all(address.sin_port);
		return 0;
	}
	char text[12];
	snprintf(text, sizeof text, "%d", tree);
	put("tree", text);
	MUST(waitpid(tree, NULL, 0) == tree);
	return 0;
}
