/* Messages without content that wait on Unix sockets, before others. CRIU loses all of them, and those behind an empty datagram. */
#include "../case.h"
#include <sys/socket.h>

static void say(int fd, const char *text)
{
	MUST(send(fd, text, strlen(text), 0) == (ssize_t)strlen(text));
}

static void hear(int fd, const char *text)
{
	char found[64] = "";
	ssize_t length = recv(fd, found, sizeof found, MSG_DONTWAIT);
	CHECK(length == (ssize_t)strlen(text) && strcmp(found, text) == 0, "'%s' (%d bytes), not '%s'", found, (int)length, text);
}

int main(void)
{
	int datagrams[2], packets[2], closed[2];
	char byte;
	MUST(socketpair(AF_UNIX, SOCK_DGRAM, 0, datagrams) == 0 && socketpair(AF_UNIX, SOCK_SEQPACKET, 0, packets) == 0);
	MUST(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, closed) == 0);
	say(datagrams[0], ""), say(datagrams[0], "one"), say(datagrams[0], ""), say(datagrams[0], "two");
	say(packets[0], ""), say(packets[0], ""), say(packets[0], "three");
	say(closed[0], "last");
	MUST(close(closed[0]) == 0);
	wait_for_restore();
	hear(datagrams[1], ""), hear(datagrams[1], "one"), hear(datagrams[1], ""), hear(datagrams[1], "two");
	hear(packets[1], ""), hear(packets[1], ""), hear(packets[1], "three");
	hear(closed[1], "last"), hear(closed[1], "");
	CHECK(recv(datagrams[1], &byte, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN, "more datagrams");
	CHECK(recv(packets[1], &byte, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN, "more packets");
	return finish();
}
