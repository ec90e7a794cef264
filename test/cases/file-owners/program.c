/* Owners of file signals: threads and groups, with other user IDs, for pipes and fifos. */
#include "../case.h"
#include <pthread.h>
#include <sys/syscall.h>

static volatile sig_atomic_t signals;
static pid_t thread_id;

static void count(int signal)
{
	(void)signal;
	signals++;
}

static void *wait_long(void *unused)
{
	thread_id = syscall(SYS_gettid);
	for (;;)
		pause();
	return unused;
}

static void set_owner(int fd, int type, pid_t pid, int signal)
{
	struct f_owner_ex owner = { type, pid };
	MUST(fcntl(fd, F_SETOWN_EX, &owner) == 0 && fcntl(fd, F_SETSIG, signal) == 0);
}

static void check_owner(const char *what, int fd, int type, pid_t pid, int signal)
{
	struct f_owner_ex owner = { -1, -1 };
	fcntl(fd, F_GETOWN_EX, &owner);
	CHECK(owner.type == type && owner.pid == pid, "%s: owner of type %d is %d", what, owner.type, owner.pid);
	CHECK(fcntl(fd, F_GETSIG) == signal, "%s: signal %d", what, fcntl(fd, F_GETSIG));
}

static void check_ids(const char *what, int fd, uid_t uid, uid_t euid)
{
	uid_t ids[2] = { -1, -1 };
	MUST(fcntl(fd, 17 /* F_GETOWNER_UIDS */, ids) == 0);
	CHECK(ids[0] == uid && ids[1] == euid, "%s: ids %d %d", what, ids[0], ids[1]);
}

int main(void)
{
	pthread_t thread;
	MUST(pthread_create(&thread, NULL, wait_long, NULL) == 0);
	while (thread_id == 0)
		usleep(1000);
	signal(SIGUSR1, count);
	put("file", "content");
	int file = open("file", O_RDWR);
	set_owner(file, F_OWNER_TID, thread_id, SIGRTMIN);
	int ends[2];
	MUST(pipe(ends) == 0);
	set_owner(ends[0], F_OWNER_PID, getpid(), SIGUSR1);
	MUST(fcntl(ends[0], F_SETFL, O_ASYNC) == 0);
	MUST(mkfifo("fifo", 0600) == 0);
	int fifo = open("fifo", O_RDWR);
	/* as another user, because the kernel records the user that sets the owner */
	MUST(setresuid(1111, 2222, 0) == 0);
	set_owner(fifo, F_OWNER_PGRP, getpgrp(), SIGUSR1);
	MUST(setresuid(0, 0, 0) == 0);

	wait_for_restore();

	check_owner("file", file, F_OWNER_TID, thread_id, SIGRTMIN);
	check_owner("pipe", ends[0], F_OWNER_PID, getpid(), SIGUSR1);
	check_owner("fifo", fifo, F_OWNER_PGRP, getpgrp(), SIGUSR1);
	check_ids("pipe", ends[0], 0, 0);
	check_ids("fifo", fifo, 1111, 2222);
	CHECK(signals == 0, "%d signals came from the restore", (int)signals);
	CHECK(write(ends[1], "x", 1) == 1 && signals == 1, "%d signals came from the pipe", (int)signals);
	return finish();
}
