/* Epoll sets that are only in flight in a socket's queue. */
#include "../case.h"
#include "../in-flight.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>

int main(void)
{
	int pair[2], event = eventfd(0, EFD_NONBLOCK), set = epoll_create1(0), empty = epoll_create1(EPOLL_CLOEXEC);
	MUST(event >= 0 && set >= 0 && empty >= 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	struct epoll_event one = { .events = EPOLLIN | EPOLLET, .data.u64 = 0x123456789abcdef0 }, found = { 0 };
	MUST(epoll_ctl(set, EPOLL_CTL_ADD, event, &one) == 0);
	send_one(pair[0], set);
	send_one(pair[0], empty);
	wait_for_restore();
	set = receive_one(pair[1]);
	empty = receive_one(pair[1]);
	CHECK(epoll_wait(set, &found, 1, 0) == 0, "an event too early");
	CHECK(eventfd_write(event, 1) == 0 && epoll_wait(set, &found, 1, 1000) == 1 && found.data.u64 == one.data.u64, "no event");
	CHECK(epoll_wait(empty, &found, 1, 0) == 0, "the empty set");
	return finish();
}
