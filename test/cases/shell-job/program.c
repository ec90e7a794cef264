/* A shell job: two tasks on the shell's terminal, in their own process group or in that of the shell. */
#include "../case.h"
#include <termios.h>

static volatile sig_atomic_t interrupted;

static void on_interrupt(int signal)
{
	(void)signal;
	interrupted = 1;
}

static void check_terminal(const struct termios *settings, const struct winsize *size)
{
	struct termios now;
	struct winsize size_now;
	CHECK(tcgetattr(0, &now) == 0 && memcmp(&now, settings, sizeof now) == 0, "settings");
	CHECK(ioctl(0, TIOCGWINSZ, &size_now) == 0 && memcmp(&size_now, size, sizeof size_now) == 0, "size");
	CHECK(tcgetsid(0) == getsid(0), "session of the terminal");
	int tty = open("/dev/tty", O_RDWR);
	CHECK(tty >= 0, "/dev/tty");
	CHECK(tcgetpgrp(tty) == getpgrp(), "%d is in the foreground, not %d", tcgetpgrp(tty), getpgrp());
	close(tty);
	for (int fd = 0; fd < 3; fd++)
		CHECK(isatty(fd) && (fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDWR, "descriptor %d", fd);
}

int main(void)
{
	pid_t pid = getpid(), session = getsid(0);
	int leads = getpgrp() == pid;
	/* CRIU saves /dev/tty only if the group of the shell is in the foreground. */
	int tty = leads ? -1 : open("/dev/tty", O_RDONLY | O_NONBLOCK);
	MUST((leads || tty >= 0) && session != pid);
	struct termios settings;
	struct winsize size = { 33, 77, 0, 0 };
	MUST(tcgetattr(0, &settings) == 0);
	settings.c_lflag &= ~(ECHO | ICANON);
	settings.c_cc[VMIN] = 1;
	MUST(tcsetattr(0, TCSANOW, &settings) == 0 && ioctl(0, TIOCSWINSZ, &size) == 0);
	MUST(tcgetattr(0, &settings) == 0);
	signal(SIGINT, on_interrupt);
	int up[2], down[2];
	MUST(pipe(up) == 0 && pipe(down) == 0);
	pid_t child = fork();
	MUST(child >= 0);
	if (child == 0) {
		char byte;
		MUST(read(down[0], &byte, 1) == 1);
		byte = getsid(0) == getsid(getppid()) && getpgrp() == getpgid(getppid()) && getppid() == pid;
		MUST(write(up[1], &byte, 1) == 1);
		_exit(0);
	}
	char number[20];
	snprintf(number, sizeof number, "%d", pid);
	put("pid", number);
	wait_for_restore();
	CHECK(getpid() == pid && getsid(0) != session && getsid(0) == getsid(getppid()), "session %d", getsid(0));
	CHECK((getpgrp() == pid) == leads, "group %d", getpgrp());
	check_terminal(&settings, &size);
	char byte = 0;
	CHECK(write(down[1], "", 1) == 1 && read(up[0], &byte, 1) == 1 && byte == 1, "child");
	CHECK(waitpid(child, NULL, 0) == child, "wait");
	CHECK(leads || (fcntl(tty, F_GETFL) & (O_ACCMODE | O_NONBLOCK)) == (O_RDONLY | O_NONBLOCK), "flags of /dev/tty");
	CHECK(write(1, "shown\n", 6) == 6, "write");
	put("listening", "");
	char line[16] = "";
	ssize_t length = 0;
	while (length < 5) {
		ssize_t more = read(0, line + length, sizeof line - 1 - length);
		if (more <= 0)
			break;
		length += more;
	}
	CHECK(strcmp(line, "typed") == 0, "read %s", line);
	put("interruptible", "");
	for (int n = 0; n < 1000 && !interrupted; n++)
		usleep(5000);
	CHECK(interrupted, "no SIGINT");
	return finish();
}
