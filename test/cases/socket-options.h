/* Options of sockets that are numbers. */
#include <sys/socket.h>

static void set(int fd, int level, int option, int value)
{
	MUST(setsockopt(fd, level, option, &value, sizeof value) == 0);
}

static int get(int fd, int level, int option)
{
	int value = -1;
	socklen_t length = sizeof value;
	getsockopt(fd, level, option, &value, &length);
	return value;
}
