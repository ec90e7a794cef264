/* Connections whose options a checkpoint must not change. */
#include "../../cases/case.h"
#include <netinet/in.h>
#include <sys/socket.h>

int main(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t size = sizeof address;
	int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1, reuse = 0;
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	MUST(bind(listener, (void *)&address, size) == 0 && listen(listener, 1) == 0);
	MUST(getsockname(listener, (void *)&address, &size) == 0);
	int client = socket(AF_INET, SOCK_STREAM, 0);
	MUST(connect(client, (void *)&address, size) == 0);
	int server = accept(listener, NULL, NULL);
	MUST(server >= 0);

	wait_for_restore();

	size = sizeof reuse;
	CHECK(getsockopt(server, SOL_SOCKET, SO_REUSEADDR, &reuse, &size) == 0 && reuse == 1, "SO_REUSEADDR %d", reuse);
	CHECK(getsockopt(client, SOL_SOCKET, SO_REUSEADDR, &reuse, &size) == 0 && reuse == 0, "SO_REUSEADDR %d", reuse);
	char byte = 0;
	CHECK(send(client, "x", 1, 0) == 1 && recv(server, &byte, 1, 0) == 1 && byte == 'x', "data");
	return finish();
}
