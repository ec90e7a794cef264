/* An epoll set that polls network devices busily, and one that does not. */
#include "../case.h"
#include <stdint.h>
#include <sys/epoll.h>

/* Since Linux 6.9. */
struct params {
	uint32_t busy_poll_usecs;
	uint16_t busy_poll_budget;
	uint8_t prefer_busy_poll, pad;
};
#define SET_PARAMS _IOW(0x8A, 0x01, struct params)
#define GET_PARAMS _IOR(0x8A, 0x02, struct params)

int main(void)
{
	struct params wanted = { .busy_poll_usecs = 50, .busy_poll_budget = 32, .prefer_busy_poll = 1 };
	struct params none = { 0 }, found = { 0 };
	int busy = epoll_create1(0), other = epoll_create1(EPOLL_CLOEXEC);
	MUST(busy >= 0 && other >= 0 && ioctl(busy, SET_PARAMS, &wanted) == 0);
	wait_for_restore();
	CHECK(ioctl(busy, GET_PARAMS, &found) == 0 && memcmp(&found, &wanted, sizeof found) == 0,
		"busy polling: %u %u %u", found.busy_poll_usecs, found.busy_poll_budget, found.prefer_busy_poll);
	CHECK(ioctl(other, GET_PARAMS, &found) == 0 && memcmp(&found, &none, sizeof found) == 0, "the other polls busily");
	return finish();
}
