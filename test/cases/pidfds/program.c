/* Pidfds of the program itself, of a child, of a zombie, and of processes that have been reaped. */
#include "../case.h"
#include <sys/syscall.h>

static int pidfd(pid_t pid, unsigned flags)
{
	int fd = syscall(SYS_pidfd_open, pid, flags);
	MUST(fd >= 0);
	return fd;
}

static int signal_to(int fd, int signal)
{
	return syscall(SYS_pidfd_send_signal, fd, signal, NULL, 0);
}

static pid_t child(void)
{
	pid_t pid = fork();
	MUST(pid >= 0);
	if (pid == 0)
		for (;;)
			pause();
	return pid;
}

/* A pidfd of a process that has ended and been reaped. */
static int gone(int *second)
{
	pid_t pid = child();
	int fd = pidfd(pid, 0);
	*second = pidfd(pid, O_NONBLOCK);
	MUST(kill(pid, SIGKILL) == 0 && waitpid(pid, NULL, 0) == pid);
	return fd;
}

static ino_t inode(int fd)
{
	struct stat status;
	return fstat(fd, &status) == 0 ? status.st_ino : 0;
}

int main(void)
{
	int self = pidfd(getpid(), 0);
	pid_t running = child(), zombie = fork();
	if (zombie == 0)
		_exit(7);
	siginfo_t info;
	MUST(waitid(P_PID, zombie, &info, WEXITED | WNOWAIT) == 0);
	int of_running = pidfd(running, O_NONBLOCK), of_zombie = pidfd(zombie, 0), closing = pidfd(running, 0);
	MUST(fcntl(closing, F_SETFD, 0) == 0);
	int one_again, two_again, one = gone(&one_again), two = gone(&two_again);

	wait_for_restore();

	CHECK(signal_to(self, 0) == 0, "itself");
	CHECK(fcntl(self, F_GETFD) == FD_CLOEXEC && fcntl(closing, F_GETFD) == 0, "close-on-exec");
	CHECK((fcntl(of_running, F_GETFL) & O_NONBLOCK) != 0 && (fcntl(self, F_GETFL) & O_NONBLOCK) == 0, "flags");
	struct pollfd ended[] = { { of_zombie, POLLIN, 0 }, { one, POLLIN, 0 }, { of_running, POLLIN, 0 } };
	CHECK(poll(ended, 3, 0) == 2 && ended[2].revents == 0, "who has ended");
	memset(&info, 0, sizeof info);
	CHECK(waitid(P_PIDFD, of_zombie, &info, WEXITED) == 0 && info.si_pid == zombie && info.si_status == 7, "zombie: %d, status %d",
	      info.si_pid, info.si_status);
	errno = 0;
	CHECK(waitid(P_PIDFD, of_running, &info, WEXITED) < 0 && errno == EAGAIN, "a running child, not blocking");
	CHECK(signal_to(closing, SIGTERM) == 0 && waitpid(running, NULL, 0) == running, "a running child");
	CHECK(signal_to(one, 0) < 0 && errno == ESRCH, "one that is gone");
	CHECK(signal_to(two_again, 0) < 0 && errno == ESRCH, "another one that is gone");
	CHECK((fcntl(one_again, F_GETFL) & O_NONBLOCK) != 0, "flags of one that is gone");
	CHECK(inode(one) == inode(one_again) && inode(two) == inode(two_again) && inode(one) != inode(two), "who is who");
	CHECK(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD, "a child is left");
	return finish();
}
