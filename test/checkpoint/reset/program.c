/* Holds a connection that its peer has reset, and does not read the error. */
#include "../../cases/case.h"
#include <netinet/in.h>
#include <sys/socket.h>

int main(void)
{
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof address;
	MUST(bind(listener, (void *)&address, length) == 0 && listen(listener, 1) == 0);
	MUST(getsockname(listener, (void *)&address, &length) == 0);
	int client = socket(AF_INET, SOCK_STREAM, 0);
	MUST(connect(client, (void *)&address, sizeof address) == 0);
	int server = accept(listener, NULL, NULL);
	struct linger abort = { 1, 0 };
	MUST(setsockopt(client, SOL_SOCKET, SO_LINGER, &abort, sizeof abort) == 0 && close(client) == 0);
	struct pollfd ready = { .fd = server };
	MUST(poll(&ready, 1, 5000) == 1 && (ready.revents & POLLERR) != 0);
	wait_for_restore();
	char byte;
	ssize_t received = recv(server, &byte, 1, 0);
	put("received", received == 0 ? "the end" : received > 0 ? "a byte" : strerrorname_np(errno));
	CHECK(send(server, "x", 1, MSG_NOSIGNAL) < 0 && errno == EPIPE, "send");
	return finish();
}
