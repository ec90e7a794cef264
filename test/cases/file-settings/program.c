/* Settings of open files that CRIU does not save: semaphores of eventfd, owners and permissions of pipes and sockets. */
#include "../case.h"
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

static struct stat status_of(int fd)
{
	struct stat status;
	MUST(fstat(fd, &status) == 0);
	return status;
}

int main(void)
{
	int semaphore = eventfd(3, EFD_SEMAPHORE | EFD_NONBLOCK);
	int ends[2], own[2], sockets[2], plain[2];
	MUST(semaphore >= 0 && pipe(ends) == 0 && pipe(own) == 0);
	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) == 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, plain) == 0);
	MUST(fchown(ends[0], 1234, 2345) == 0 && fchmod(ends[0], 0640) == 0);
	MUST(fchown(sockets[1], 3456, 0) == 0);
	struct stat was[] = { status_of(ends[0]), status_of(own[1]), status_of(sockets[0]), status_of(sockets[1]), status_of(plain[0]) };
	wait_for_restore();
	uint64_t value = 0;
	CHECK(read(semaphore, &value, 8) == 8 && value == 1, "semaphore: %llu", (unsigned long long)value);
	CHECK(read(semaphore, &value, 8) == 8 && read(semaphore, &value, 8) == 8 && read(semaphore, &value, 8) < 0, "semaphore: counter");
	struct stat is[] = { status_of(ends[1]), status_of(own[1]), status_of(sockets[0]), status_of(sockets[1]), status_of(plain[0]) };
	for (int n = 0; n < 5; n++) {
		CHECK(is[n].st_uid == was[n].st_uid && is[n].st_gid == was[n].st_gid, "file %d: owner %d, group %d", n, is[n].st_uid, is[n].st_gid);
		CHECK(is[n].st_mode == was[n].st_mode, "file %d: mode %o", n, is[n].st_mode);
	}
	return finish();
}
