/* Holds both ends of a terminal whose session belongs to a process outside the tree. */
#include "../../cases/case.h"
#include <sys/prctl.h>

int main(void)
{
	int master = open("/dev/ptmx", O_RDWR | O_NOCTTY), ready[2], alive[2];
	MUST(master >= 0 && unlockpt(master) == 0 && pipe(ready) == 0 && pipe(alive) == 0);
	int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	MUST(slave >= 0);
	if (fork() == 0) {
		if (fork() != 0)
			_exit(0);
		/* Its parent ends, so it becomes init's child. It ends with the program. */
		MUST(setsid() > 0 && ioctl(slave, TIOCSCTTY, 0) == 0 && write(ready[1], "r", 1) == 1);
		close(ready[1]);
		close(alive[1]);
		char byte;
		_exit(read(alive[0], &byte, 1) != 0);
	}
	char byte;
	MUST(wait(NULL) > 0 && read(ready[0], &byte, 1) == 1);
	close(ready[0]);
	close(ready[1]);
	close(alive[0]);
	/* The pipe, whose other end is outside too, must not be the reason of a refusal. */
	wait_for_restore();
	CHECK(write(master, "x\n", 2) == 2 && read(slave, &byte, 1) == 1 && byte == 'x', "the terminal does not work");
	return finish();
}
