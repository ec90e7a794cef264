/* Pseudoterminals with data that nobody has read: several lines, packet mode with and without data, echoes, long raw data. */
#include "../case.h"
#include <termios.h>

enum { LINES, PACKETS, RAW, NO_PACKET, ECHOES, COUNT };

static struct terminal {
	int master, slave;
} terminals[COUNT];

static struct terminal make(int echo, int raw, int packets)
{
	int on = 1, off = 0;
	struct termios settings;
	struct terminal made = { .master = posix_openpt(O_RDWR | O_NOCTTY) };
	MUST(made.master >= 0 && ioctl(made.master, TIOCSPTLCK, &off) == 0);
	made.slave = open(ptsname(made.master), O_RDWR | O_NOCTTY);
	MUST(made.slave >= 0 && tcgetattr(made.slave, &settings) == 0);
	if (!echo)
		settings.c_lflag &= ~ECHO;
	settings.c_oflag = 0;
	if (raw)
		cfmakeraw(&settings);
	MUST(tcsetattr(made.slave, TCSANOW, &settings) == 0);
	MUST(!packets || ioctl(made.master, TIOCPKT, &on) == 0);
	return made;
}

/* Reads what is there, with a zero after it. */
static char *take(int terminal, int *length)
{
	static char bytes[5000];
	memset(bytes, 0, sizeof bytes);
	fcntl(terminal, F_SETFL, fcntl(terminal, F_GETFL) | O_NONBLOCK);
	*length = read(terminal, bytes, sizeof bytes - 1);
	fcntl(terminal, F_SETFL, fcntl(terminal, F_GETFL) & ~O_NONBLOCK);
	return bytes;
}

static void expect(int terminal, const char *bytes, int length, const char *what)
{
	int found;
	char *taken = take(terminal, &found);
	CHECK(found == length && (length < 0 || memcmp(taken, bytes, length) == 0), "%s: %d bytes, not %d: %.20s", what, found, length,
	      taken);
}

static void put_in(int terminal, const char *bytes, int length)
{
	MUST(write(terminal, bytes, length) == length);
}

int main(void)
{
	char letters[3000];
	for (int n = 0; n < (int)sizeof letters; n++)
		letters[n] = 'a' + n % 26;
	terminals[LINES] = make(0, 0, 0);
	terminals[PACKETS] = make(0, 0, 1);
	terminals[RAW] = make(0, 1, 0);
	terminals[NO_PACKET] = make(0, 0, 1);
	terminals[ECHOES] = make(1, 0, 1);
	put_in(terminals[LINES].master, "one\ntwo\n\nfour\n", 14);
	put_in(terminals[PACKETS].slave, "shown", 5);
	put_in(terminals[PACKETS].master, "typed\n", 6);
	put_in(terminals[RAW].master, letters, 3000);
	put_in(terminals[RAW].slave, letters, 2900);
	put_in(terminals[ECHOES].master, "x\n", 2);
	/* A worker of the kernel delivers it. */
	usleep(50000);
	wait_for_restore();
	int slave = terminals[LINES].slave;
	expect(slave, "one\n", 4, "the first line");
	expect(slave, "two\n", 4, "the second line");
	expect(slave, "\n", 1, "the empty line");
	expect(slave, "four\n", 5, "the last line");
	expect(terminals[PACKETS].master, "\0shown", 6, "a packet");
	expect(terminals[PACKETS].slave, "typed\n", 6, "a line to a master in packet mode");
	expect(terminals[RAW].slave, letters, 3000, "raw input");
	expect(terminals[RAW].master, letters, 2900, "raw output");
	expect(terminals[NO_PACKET].master, "", -1, "no packet");
	expect(terminals[ECHOES].master, "\0x\n", 3, "an echo");
	return finish();
}
