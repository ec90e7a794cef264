/* The leader of a session that has no descriptor of its controlling terminal: a task of another session has it open. */
#include "../case.h"
#include <sys/mman.h>
#include <termios.h>

static volatile struct {
	int ready, go, opened, group;
} *shared;

static void wait_for(volatile int *flag)
{
	for (int n = 0; n < 20000 && !*flag; n++)
		usleep(1000);
	if (!*flag)
		exit(1);
}

int main(void)
{
	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int master = posix_openpt(O_RDWR | O_NOCTTY);
	MUST(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
	int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	MUST(slave >= 0);
	pid_t leader = fork();
	if (leader == 0) {
		close(master);
		MUST(setsid() > 0 && ioctl(slave, TIOCSCTTY, 0) == 0);
		close(slave);
		shared->ready = 1;
		wait_for(&shared->go);
		int fd = open("/dev/tty", O_RDWR);
		shared->group = fd >= 0 ? tcgetpgrp(fd) : -errno;
		shared->opened = 1;
		_exit(0);
	}
	wait_for(&shared->ready);
	MUST(tcgetsid(master) == leader && tcgetpgrp(master) == leader);
	wait_for_restore();
	CHECK(tcgetsid(master) == leader, "the session of the master is %d", tcgetsid(master));
	CHECK(tcgetpgrp(master) == leader, "the foreground group is %d", tcgetpgrp(master));
	shared->go = 1;
	wait_for(&shared->opened);
	CHECK(shared->group == leader, "/dev/tty of the leader gives %d", shared->group);
	CHECK(write(slave, "out", 3) == 3, "write");
	char text[8] = "";
	CHECK(read(master, text, sizeof text) == 3 && strcmp(text, "out") == 0, "the master reads %s", text);
	waitpid(leader, NULL, 0);
	return finish();
}
