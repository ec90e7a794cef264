/* Holds a connection that its peer has reset, and does not read the error. */
#include "../../cases/case.h"
#include "../../cases/connections.h"

int main(void)
{
	int pair[2];
	connect_pair(listen_on_loopback(), pair);
	struct linger abort = { 1, 0 };
	MUST(setsockopt(pair[0], SOL_SOCKET, SO_LINGER, &abort, sizeof abort) == 0 && close(pair[0]) == 0);
	struct pollfd ready = { .fd = pair[1] };
	MUST(poll(&ready, 1, 5000) == 1 && (ready.revents & POLLERR) != 0);
	wait_for_restore();
	char byte;
	ssize_t received = recv(pair[1], &byte, 1, 0);
	put("received", received == 0 ? "the end" : received > 0 ? "a byte" : strerrorname_np(errno));
	CHECK(send(pair[1], "x", 1, MSG_NOSIGNAL) < 0 && errno == EPIPE, "send");
	return finish();
}
