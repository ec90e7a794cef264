/* Pseudoterminals in every state that a checkpoint can save. */
#include "../case.h"
#include <sys/sysmacros.h>
#include <termios.h>

static struct pair {
	int master, slave;
	char name[64];
} pairs[8];

static struct pair *make(const char *ptmx, int flags)
{
	static int made;
	struct pair *pair = &pairs[made++];
	int unlocked = 0, index;
	pair->master = open(ptmx, O_RDWR | O_NOCTTY | flags);
	MUST(pair->master >= 0 && ioctl(pair->master, TIOCSPTLCK, &unlocked) == 0);
	MUST(ioctl(pair->master, TIOCGPTN, &index) == 0);
	snprintf(pair->name, sizeof pair->name, "/dev/pts/%d", index);
	return pair;
}

static int open_slave(struct pair *pair, int flags)
{
	int slave = open(pair->name, flags | O_NOCTTY);
	MUST(slave >= 0);
	return slave;
}

static int flags_of(int fd)
{
	return fcntl(fd, F_GETFL) & (O_ACCMODE | O_NONBLOCK);
}

static int question(int fd, unsigned long request)
{
	int answer = -1;
	ioctl(fd, request, &answer);
	return answer;
}

/* Raw mode, except that input is read by line. */
static void settle(int fd, int lines)
{
	struct termios settings;
	MUST(tcgetattr(fd, &settings) == 0);
	cfmakeraw(&settings);
	if (lines)
		settings.c_lflag |= ICANON;
	MUST(tcsetattr(fd, TCSANOW, &settings) == 0);
}

/* The leader of a session with a foreground group, whose terminal only its parent has open. */
static pid_t lead_session(struct pair *pair, int tell)
{
	pid_t leader = fork();
	MUST(leader >= 0);
	if (leader > 0)
		return leader;
	MUST(setsid() > 0);
	int slave = open(pair->name, O_RDWR | O_NOCTTY);
	MUST(slave >= 0 && ioctl(slave, TIOCSCTTY, 0) == 0);
	for (int n = 0; n < 2; n++) {
		pid_t member = fork();
		MUST(member >= 0);
		if (member == 0) {
			setpgid(0, 0);
			for (;;)
				pause();
		}
		setpgid(member, member);
		if (n == 1)
			MUST(tcsetpgrp(slave, member) == 0);
	}
	close(slave);
	MUST(write(tell, "", 1) == 1);
	wait_for_restore();
	char problem[64] = "ok";
	int tty = open("/dev/tty", O_RDWR);
	if (tty < 0)
		snprintf(problem, sizeof problem, "/dev/tty: %d", errno);
	else if (tcgetsid(tty) != getpid())
		snprintf(problem, sizeof problem, "session %d", tcgetsid(tty));
	else if (tcgetpgrp(tty) <= getpid() || tcgetpgrp(tty) == getpgrp())
		snprintf(problem, sizeof problem, "foreground %d", tcgetpgrp(tty));
	put("leader", problem);
	kill(-tcgetpgrp(tty), SIGKILL);
	_exit(0);
}

int main(void)
{
	struct pair *twice = make("/dev/ptmx", O_NONBLOCK), *lines = make("/dev/pts/ptmx", 0), *hung = make("/dev/ptmx", 0);
	struct pair *alone = make("/dev/ptmx", O_NONBLOCK), *locked = make("/dev/ptmx", 0), *exclusive = make("/dev/ptmx", 0);
	struct pair *session = make("/dev/ptmx", 0), *packets = make("/dev/ptmx", O_NONBLOCK);
	int yes = 1;

	int reader = open_slave(twice, O_RDONLY | O_NONBLOCK), writer = open_slave(twice, O_RDWR);
	struct winsize size = { 12, 34, 56, 78 };
	settle(writer, 0);
	struct termios locks = { .c_lflag = ECHO, .c_iflag = ICRNL }, settings;
	MUST(ioctl(writer, TIOCSLCKTRMIOS, &locks) == 0 && ioctl(twice->master, TIOCSWINSZ, &size) == 0);
	MUST(fchown(writer, 12, 34) == 0 && fchmod(writer, 0641) == 0 && tcgetattr(writer, &settings) == 0);

	lines->slave = open_slave(lines, O_RDWR);
	settle(lines->slave, 1);
	MUST(write(lines->master, "one\ntwo\n", 8) == 8 && write(lines->slave, "out\n", 4) == 4);

	hung->slave = open_slave(hung, O_RDWR);
	close(hung->master);

	MUST(ioctl(locked->master, TIOCSPTLCK, &yes) == 0);

	exclusive->slave = open_slave(exclusive, O_RDWR);
	MUST(ioctl(exclusive->slave, TIOCEXCL) == 0);

	packets->slave = open_slave(packets, O_RDWR);
	settle(packets->slave, 0);
	MUST(ioctl(packets->master, TIOCPKT, &yes) == 0 && write(packets->slave, "packet", 6) == 6);

	int told[2];
	MUST(pipe(told) == 0);
	pid_t leader = lead_session(session, told[1]);
	char text[64];
	MUST(read(told[0], text, 1) == 1);
	wait_for_restore();

	struct termios now;
	struct winsize size_now;
	struct stat stat;
	CHECK(flags_of(twice->master) == (O_RDWR | O_NONBLOCK) && flags_of(reader) == (O_RDONLY | O_NONBLOCK) &&
		      flags_of(writer) == O_RDWR, "flags");
	CHECK(strcmp(ttyname(writer), twice->name) == 0 && strcmp(ttyname(reader), twice->name) == 0, "name");
	CHECK(ioctl(reader, TIOCGWINSZ, &size_now) == 0 && memcmp(&size, &size_now, sizeof size) == 0, "size");
	CHECK(tcgetattr(twice->master, &now) == 0 && memcmp(&settings, &now, sizeof now) == 0, "settings");
	memset(&now, 0, sizeof now);
	CHECK(ioctl(reader, TIOCGLCKTRMIOS, &now) == 0 && now.c_lflag == ECHO && now.c_iflag == ICRNL, "locked settings");
	CHECK(fstat(writer, &stat) == 0 && stat.st_uid == 12 && stat.st_gid == 34 && (stat.st_mode & 07777) == 0641,
	      "owner %d %d, mode %o", stat.st_uid, stat.st_gid, stat.st_mode);
	CHECK(write(twice->master, "x", 1) == 1 && read(writer, text, 9) == 1 && read(reader, text, 9) == -1, "data");

	CHECK(read(lines->slave, text, sizeof text) == 4 && memcmp(text, "one\n", 4) == 0, "first line");
	CHECK(read(lines->slave, text, sizeof text) == 4 && memcmp(text, "two\n", 4) == 0, "second line");
	CHECK(read(lines->master, text, sizeof text) == 4 && memcmp(text, "out\n", 4) == 0, "what was shown");

	struct pollfd ends = { hung->slave, POLLIN, 0 };
	CHECK(poll(&ends, 1, 0) == 1 && (ends.revents & POLLHUP), "hung up: %x", ends.revents);
	CHECK(read(hung->slave, text, 1) == 0 && write(hung->slave, "", 1) == -1 && errno == EIO, "hung up");

	CHECK(read(alone->master, text, 1) == -1 && errno == EAGAIN, "a master alone");
	alone->slave = open(alone->name, O_RDWR | O_NOCTTY);
	CHECK(alone->slave >= 0 && write(alone->slave, "late", 4) == 4 && read(alone->master, text, 9) == 4, "a late slave");

	CHECK(question(locked->master, TIOCGPTLCK) == 1, "locked");
	CHECK(open(locked->name, O_RDWR | O_NOCTTY) == -1 && errno == EIO, "locked slave");
	CHECK(question(twice->master, TIOCGPTLCK) == 0, "unlocked");
	CHECK(question(exclusive->slave, TIOCGEXCL) == 1 && question(writer, TIOCGEXCL) == 0, "exclusive");
	CHECK(question(packets->master, TIOCGPKT) == 1 && question(twice->master, TIOCGPKT) == 0, "packet mode");
	CHECK(read(packets->master, text, sizeof text) == 7 && memcmp(text, "\0packet", 7) == 0, "packet");
	CHECK(waitpid(leader, NULL, 0) == leader, "leader");
	int report = openat(home, "leader", O_RDONLY);
	CHECK(has(report, "ok"), "session");
	return finish();
}
