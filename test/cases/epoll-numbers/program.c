/* Epoll sets that watch files under numbers that are closed, or that other files have now. */
#include "../case.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>

static void watch(int set, int fd, unsigned long data)
{
	struct epoll_event event = { .events = EPOLLIN, .data.u64 = data };
	MUST(epoll_ctl(set, EPOLL_CTL_ADD, fd, &event) == 0);
}

/* The data of the only entry that is ready, or 0. */
static unsigned long ready(int set)
{
	struct epoll_event events[4];
	int count = epoll_wait(set, events, 4, 0);
	CHECK(count <= 1, "%d are ready", count);
	return count == 1 ? events[0].data.u64 : 0;
}

static void put_in(int event)
{
	unsigned long one = 1;
	CHECK(write(event, &one, sizeof one) == sizeof one, "write");
}

static void take_out(int event)
{
	unsigned long value;
	CHECK(read(event, &value, sizeof value) == sizeof value, "read");
}

int main(void)
{
	int set = epoll_create1(0);
	/* closed, while a duplicate is open */
	int closed = eventfd(0, 0), its_other = dup(closed);
	watch(set, closed, 1);
	/* closed, and its number is another file of the same kind, which is watched too */
	int reused = eventfd(0, 0), other = dup(reused);
	watch(set, reused, 2);
	int file = eventfd(0, 0);
	MUST(dup3(file, reused, O_CLOEXEC) == reused && close(file) == 0);
	watch(set, reused, 3);
	/* one file under two numbers */
	int twice = dup(other);
	watch(set, twice, 4);
	struct epoll_event never = { .events = 0 };
	MUST(epoll_ctl(set, EPOLL_CTL_MOD, twice, &never) == 0);
	MUST(close(closed) == 0);

	wait_for_restore();

	put_in(its_other);
	CHECK(ready(set) == 1, "closed: %lu", ready(set));
	take_out(its_other);
	put_in(other);
	CHECK(ready(set) == 2, "another file has its number: %lu", ready(set));
	take_out(other);
	put_in(reused);
	CHECK(ready(set) == 3, "has the number of another: %lu", ready(set));
	take_out(reused);
	CHECK((fcntl(reused, F_GETFD) & FD_CLOEXEC) != 0, "close-on-exec");
	CHECK(fcntl(closed, F_GETFD) < 0 && errno == EBADF, "the closed number is open");
	/* The numbers are those with which the files were added. */
	CHECK(dup3(its_other, closed, 0) == closed && epoll_ctl(set, EPOLL_CTL_DEL, closed, NULL) == 0, "removing by the old number");
	CHECK(epoll_ctl(set, EPOLL_CTL_DEL, twice, NULL) == 0, "removing the second number");
	return finish();
}
