/* The slave of a pseudoterminal whose master was closed. */
#include "../case.h"

int main(void)
{
	int unlocked = 0, index;
	char name[64], text[4];
	int master = open("/dev/ptmx", O_RDWR | O_NOCTTY);
	MUST(master >= 0 && ioctl(master, TIOCSPTLCK, &unlocked) == 0 && ioctl(master, TIOCGPTN, &index) == 0);
	snprintf(name, sizeof name, "/dev/pts/%d", index);
	int slave = open(name, O_RDWR | O_NOCTTY);
	MUST(slave >= 0);
	close(master);
	wait_for_restore();

	struct pollfd end = { slave, POLLIN, 0 };
	CHECK(poll(&end, 1, 0) == 1 && (end.revents & POLLHUP), "hung up: %x", end.revents);
	CHECK(read(slave, text, 1) == 0 && write(slave, "", 1) == -1 && errno == EIO, "read and write");
	return finish();
}
