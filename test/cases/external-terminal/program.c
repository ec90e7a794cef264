/* A session whose controlling terminal belongs to another process, like the console of a container. */
#include "../case.h"
#include <termios.h>

/* The holder of the master must not be a child of the program. */
static void start_emulator(int master)
{
	pid_t first = fork();
	MUST(first >= 0);
	if (first > 0) {
		MUST(waitpid(first, NULL, 0) == first);
		return;
	}
	if (setsid() < 0 || fork() > 0)
		_exit(0);
	for (int n = 0; n < 6000 && faccessat(home, "result", F_OK, 0) != 0; n++) {
		char text[64];
		struct pollfd end = { master, POLLIN, 0 };
		if (poll(&end, 1, 10) == 1 && (end.revents & POLLIN)) {
			ssize_t length = read(master, text, sizeof text - 1);
			text[length < 0 ? 0 : length] = 0;
			put("shown", text);
		}
	}
	_exit(0);
}

int main(void)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY);
	MUST(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
	int terminal = open(ptsname(master), O_RDWR);
	MUST(terminal >= 0 && tcgetsid(terminal) == getpid());
	put("terminal", ptsname(master));
	start_emulator(master);
	close(master);
	struct stat stat;
	MUST(fstat(terminal, &stat) == 0);
	char name[64];
	snprintf(name, sizeof name, "tty[%lx:%lx]", (long)stat.st_rdev, (long)stat.st_dev);
	put("external-name", name);
	struct termios settings, now;
	struct winsize size = { 21, 42, 0, 0 }, size_now;
	MUST(tcgetattr(terminal, &settings) == 0);
	cfmakeraw(&settings);
	MUST(tcsetattr(terminal, TCSANOW, &settings) == 0 && ioctl(terminal, TIOCSWINSZ, &size) == 0);
	MUST(tcgetattr(terminal, &settings) == 0);
	wait_for_restore();
	CHECK(tcgetsid(terminal) == getpid() && tcgetpgrp(terminal) == getpid(), "session");
	CHECK(open("/dev/tty", O_RDWR) >= 0, "/dev/tty");
	CHECK(tcgetattr(terminal, &now) == 0 && memcmp(&settings, &now, sizeof now) == 0, "settings");
	CHECK(ioctl(terminal, TIOCGWINSZ, &size_now) == 0 && memcmp(&size, &size_now, sizeof size) == 0, "size");
	CHECK(write(terminal, "restored", 8) == 8, "write");
	return finish();
}
