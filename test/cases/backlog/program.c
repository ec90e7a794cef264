/* A connection that waits to be accepted does not come back. Its listening socket accepts new ones. */
#include "../case.h"
#include <netinet/in.h>
#include <sys/socket.h>

static int connect_to(const struct sockaddr_in *address)
{
	int client = socket(AF_INET, SOCK_STREAM, 0);
	MUST(client >= 0 && connect(client, (const void *)address, sizeof *address) == 0);
	return client;
}

int main(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof address;
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	MUST(listener >= 0 && bind(listener, (void *)&address, length) == 0 && listen(listener, 4) == 0);
	MUST(getsockname(listener, (void *)&address, &length) == 0);
	/* The other end of a connection that was saved would have to come back too. */
	MUST(close(connect_to(&address)) == 0);
	wait_for_restore();
	CHECK(accept(listener, NULL, NULL) < 0 && errno == EAGAIN, "a connection waits");
	int client = connect_to(&address);
	struct pollfd ready = { .fd = listener, .events = POLLIN };
	CHECK(poll(&ready, 1, 5000) == 1, "no new connection comes");
	int server = accept(listener, NULL, NULL);
	char byte = 0;
	CHECK(send(client, "x", 1, 0) == 1 && recv(server, &byte, 1, 0) == 1 && byte == 'x', "the new connection does not work");
	return finish();
}
