/* The console of a container: a terminal that is mounted over a file, and is open there, at its own path and at the device of masters. */
#include "../container.h"
#include <termios.h>

static void is_named(const char *what, int fd, const char *path)
{
	const char *name = name_of(fd);
	CHECK(strcmp(name, path) == 0, "%s: %s, not %s", what, name, path);
}

int main(int argc, char **argv)
{
	int unlock = 0;
	(void)argc;
	enter_container(argv);
	MUST(setsid() > 0 || getsid(0) == getpid());
	MUST(mkdir("/pts", 0755) == 0 && mount("devpts", "/pts", "devpts", 0, "newinstance,ptmxmode=0666") == 0);
	int master = open("/pts/ptmx", O_RDWR | O_NOCTTY);
	MUST(master >= 0 && ioctl(master, TIOCSPTLCK, &unlock) == 0);
	put("/console", "");
	MUST(mount("/pts/0", "/console", NULL, MS_BIND, NULL) == 0);
	int console = open("/console", O_RDWR), slave = open("/pts/0", O_RDWR | O_NOCTTY);
	MUST(console >= 0 && slave >= 0 && ioctl(console, TIOCSCTTY, 0) == 0);

	wait_for_restore();

	is_named("console", console, "/console");
	is_named("slave", slave, "/pts/0");
	is_named("master", master, "/pts/ptmx");
	char text[8] = "";
	CHECK(write(console, "out", 3) == 3 && read(master, text, sizeof text) == 3 && strcmp(text, "out") == 0, "output: %s", text);
	CHECK(tcgetsid(console) == getpid() && tcgetsid(slave) == getpid(), "session %d", tcgetsid(console));
	return finish();
}
