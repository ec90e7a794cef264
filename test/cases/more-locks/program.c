/* File locks of every kind: shared and exclusive, of several tasks and of open file descriptions, inherited over fork; and leases. */
#include "../case.h"
#include <sys/file.h>

static int opened(const char *path, int flags)
{
	int fd = open(path, flags | O_CREAT, 0644);
	MUST(fd >= 0);
	return fd;
}

static struct flock range(int type, int start, int length)
{
	return (struct flock){ .l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = length };
}

static void lock(int fd, int command, int type, int start, int length)
{
	struct flock lock = range(type, start, length);
	MUST(fcntl(fd, command, &lock) == 0);
}

/* The pid that blocks a lock of another process: 0 for none, -1 for an open file description. */
static int holder(const char *path, int type, int start, int length)
{
	int ends[2];
	MUST(pipe(ends) == 0);
	pid_t child = fork();
	if (child == 0) {
		int fd = open(path, O_RDWR);
		struct flock lock = range(type, start, length);
		int found = fcntl(fd, F_GETLK, &lock) < 0 ? -2 : lock.l_type == F_UNLCK ? 0 : lock.l_pid;
		MUST(write(ends[1], &found, sizeof found) == sizeof found);
		_exit(0);
	}
	int found = -3;
	MUST(read(ends[0], &found, sizeof found) == sizeof found && waitpid(child, NULL, 0) == child);
	close(ends[0]), close(ends[1]);
	return found;
}

static volatile sig_atomic_t signals;

static void count(int signal)
{
	(void)signal;
	signals++;
}

/* Starts breaking a lease: another process opens the file without blocking, and fails. */
static void break_lease(const char *path, int flags)
{
	pid_t child = fork();
	if (child == 0)
		_exit(open(path, flags | O_NONBLOCK) < 0 && errno == EWOULDBLOCK ? 0 : 1);
	int status = -1;
	MUST(waitpid(child, &status, 0) == child && status == 0);
}

int main(void)
{
	signal(SIGIO, count);
	int broken = opened("broken", O_RDONLY), reduced = opened("reduced", O_RDWR);
	MUST(fcntl(broken, F_SETLEASE, F_RDLCK) == 0 && fcntl(reduced, F_SETLEASE, F_WRLCK) == 0);
	break_lease("broken", O_WRONLY), break_lease("reduced", O_RDONLY);
	MUST(signals == 2);
	int posix = opened("posix", O_RDWR), ofd = opened("ofd", O_RDWR), shared = opened("flock", O_RDWR), leased = opened("leased", O_RDONLY);
	int written = opened("written", O_RDWR), forked = opened("forked", O_RDWR), both = opened("both", O_RDWR);
	MUST(fcntl(written, F_SETLEASE, F_WRLCK) == 0 && fcntl(leased, F_SETLEASE, F_RDLCK) == 0);
	lock(posix, F_SETLK, F_WRLCK, 0, 10), lock(posix, F_SETLK, F_RDLCK, 10, 10), lock(posix, F_SETLK, F_RDLCK, 100, 0);
	lock(ofd, F_OFD_SETLK, F_WRLCK, 5, 5), lock(ofd, F_OFD_SETLK, F_RDLCK, 50, 50);
	MUST(flock(shared, LOCK_SH) == 0 && flock(forked, LOCK_EX) == 0);
	MUST(flock(both, LOCK_EX) == 0);
	lock(both, F_SETLK, F_WRLCK, 0, 0);
	int ends[2];
	MUST(pipe(ends) == 0);
	pid_t child = fork();
	MUST(child >= 0);
	if (child == 0) {
		/* its own locks on the same files. CRIU loses those on shared file descriptions. */
		int mine = opened("posix", O_RDWR);
		lock(mine, F_SETLK, F_RDLCK, 10, 5), lock(mine, F_SETLK, F_WRLCK, 30, 5);
		int own = opened("flock", O_RDWR);
		MUST(flock(own, LOCK_SH) == 0 && write(ends[1], "x", 1) == 1);
		wait_for_restore();
		MUST(read(ends[0], ends, 1) == 1);
		_exit(0);
	}
	char byte;
	MUST(read(ends[0], &byte, 1) == 1);

	wait_for_restore();

	CHECK(holder("posix", F_WRLCK, 0, 10) == getpid() && holder("posix", F_RDLCK, 0, 10) == getpid(), "posix: exclusive");
	CHECK(holder("posix", F_RDLCK, 10, 10) == 0 && holder("posix", F_WRLCK, 16, 2) == getpid(), "posix: shared");
	CHECK(holder("posix", F_RDLCK, 30, 5) == child && holder("posix", F_WRLCK, 20, 10) == 0, "posix: the child's");
	CHECK(holder("posix", F_WRLCK, 1 << 20, 1) == getpid(), "posix: to the end");
	CHECK(holder("ofd", F_RDLCK, 5, 5) == -1 && holder("ofd", F_RDLCK, 50, 5) == 0 && holder("ofd", F_WRLCK, 50, 5) == -1, "open file description");
	CHECK(holder("both", F_RDLCK, 7, 1) == getpid(), "both: POSIX");
	int other = opened("flock", O_RDWR), again = opened("forked", O_RDWR), once_more = opened("both", O_RDWR);
	CHECK(flock(other, LOCK_SH | LOCK_NB) == 0 && flock(other, LOCK_EX | LOCK_NB) < 0, "flock: shared");
	CHECK(flock(again, LOCK_SH | LOCK_NB) < 0 && flock(once_more, LOCK_SH | LOCK_NB) < 0, "flock: exclusive");
	CHECK(flock(forked, LOCK_UN) == 0 && flock(again, LOCK_SH | LOCK_NB) == 0, "flock: of another description");
	CHECK(fcntl(leased, F_GETLEASE) == F_RDLCK && fcntl(written, F_GETLEASE) == F_WRLCK, "leases: %d %d", fcntl(leased, F_GETLEASE),
	      fcntl(written, F_GETLEASE));
	CHECK(signals == 2, "the restore has sent signals");
	CHECK(fcntl(broken, F_GETLEASE) == F_UNLCK && fcntl(reduced, F_GETLEASE) == F_RDLCK, "leases that are being broken: %d %d",
	      fcntl(broken, F_GETLEASE), fcntl(reduced, F_GETLEASE));
	break_lease("broken", O_WRONLY), break_lease("reduced", O_RDONLY);
	CHECK(fcntl(broken, F_SETLEASE, F_UNLCK) == 0 && fcntl(reduced, F_SETLEASE, F_UNLCK) == 0, "giving them up");
	CHECK(open("broken", O_WRONLY | O_NONBLOCK) >= 0 && open("reduced", O_RDONLY | O_NONBLOCK) >= 0, "leases that were given up");
	signal(SIGIO, SIG_IGN);
	CHECK(open("leased", O_WRONLY | O_NONBLOCK) < 0 && errno == EWOULDBLOCK, "the lease does not keep others off");
	CHECK(write(ends[1], "x", 1) == 1 && waitpid(child, NULL, 0) == child, "the child");
	return finish();
}
