/* Terminals in canonical mode with the beginning of a line that is not complete, alone and behind a complete line. */
#include "../case.h"
#include <termios.h>

static int masters[2], slaves[2];

static void expect(int terminal, const char *line)
{
	char bytes[100] = "";
	ssize_t length = read(terminal, bytes, sizeof bytes - 1);
	CHECK(length == (ssize_t)strlen(line) && strcmp(bytes, line) == 0, "%zd bytes: %s", length, bytes);
}

int main(void)
{
	for (int n = 0; n < 2; n++) {
		int off = 0;
		struct termios settings;
		masters[n] = posix_openpt(O_RDWR | O_NOCTTY);
		MUST(masters[n] >= 0 && ioctl(masters[n], TIOCSPTLCK, &off) == 0);
		slaves[n] = open(ptsname(masters[n]), O_RDWR | O_NOCTTY | O_NONBLOCK);
		MUST(slaves[n] >= 0 && tcgetattr(slaves[n], &settings) == 0);
		settings.c_lflag &= ~ECHO;
		MUST(tcsetattr(slaves[n], TCSANOW, &settings) == 0);
	}
	MUST(write(masters[0], "begun", 5) == 5 && write(masters[1], "whole\nhalf", 10) == 10);
	/* A worker of the kernel delivers it. */
	usleep(50000);
	wait_for_restore();
	expect(slaves[1], "whole\n");
	for (int n = 0; n < 2; n++) {
		char byte;
		CHECK(read(slaves[n], &byte, 1) < 0 && errno == EAGAIN, "terminal %d: the line is complete", n);
		MUST(write(masters[n], " and done\n", 10) == 10);
	}
	usleep(50000);
	expect(slaves[0], "begun and done\n");
	expect(slaves[1], "half and done\n");
	return finish();
}
