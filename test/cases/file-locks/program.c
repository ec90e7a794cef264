/* A BSD lock and a POSIX lock. */
#include "../case.h"
#include <sys/file.h>

int main(void)
{
	int flocked = open("flocked", O_RDWR | O_CREAT, 0644);
	MUST(flocked >= 0 && flock(flocked, LOCK_EX) == 0);
	int locked = open("locked", O_RDWR | O_CREAT, 0644);
	struct flock range = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 10, .l_len = 5 };
	MUST(locked >= 0 && fcntl(locked, F_SETLK, &range) == 0);

	wait_for_restore();

	int other = open("flocked", O_RDONLY);
	CHECK(flock(other, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK, "the BSD lock is gone");
	pid_t child = fork();
	if (child == 0) {
		range.l_type = F_RDLCK;
		_exit(fcntl(locked, F_GETLK, &range) == 0 && range.l_type == F_WRLCK && range.l_pid == getppid() ? 0 : 1);
	}
	int status = -1;
	CHECK(waitpid(child, &status, 0) == child && status == 0, "the POSIX lock is gone");
	return finish();
}
