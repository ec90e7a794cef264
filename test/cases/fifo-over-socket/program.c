/* A FIFO that has taken the name of a Unix socket, and a socket that has taken that of a FIFO. */
#include "../case.h"
#include <sys/socket.h>
#include <sys/un.h>

static int bound(const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	strcpy(address.sun_path, name);
	MUST(fd >= 0 && bind(fd, (void *)&address, sizeof address) == 0 && listen(fd, 4) == 0);
	return fd;
}

static const char *address_of(int fd)
{
	static struct sockaddr_un address;
	socklen_t length = sizeof address;
	memset(&address, 0, sizeof address);
	CHECK(getsockname(fd, (void *)&address, &length) == 0, "getsockname");
	return address.sun_path;
}

int main(void)
{
	int first = bound("first");
	MUST(unlink("first") == 0 && mkfifo("first", 0640) == 0);
	int fifo = open("first", O_RDWR);
	MUST(fifo >= 0 && write(fifo, "in the FIFO", 11) == 11);
	MUST(mkfifo("second", 0600) == 0);
	int other = open("second", O_RDWR);
	MUST(other >= 0 && write(other, "gone", 4) == 4 && unlink("second") == 0);
	int second = bound("second");
	wait_for_restore();
	char text[32] = "";
	struct stat is, named;
	CHECK(read(fifo, text, sizeof text) == 11 && strcmp(text, "in the FIFO") == 0, "the FIFO has %s", text);
	CHECK(fstat(fifo, &is) == 0 && stat("first", &named) == 0 && is.st_ino == named.st_ino && S_ISFIFO(named.st_mode) && (named.st_mode & 0777) == 0640, "first is not the FIFO");
	CHECK(strcmp(address_of(first), "first") == 0, "first is bound to %s", address_of(first));
	memset(text, 0, sizeof text);
	CHECK(read(other, text, sizeof text) == 4 && strcmp(text, "gone") == 0, "the other FIFO has %s", text);
	CHECK(stat("second", &named) == 0 && S_ISSOCK(named.st_mode), "second is not a socket");
	int client = socket(AF_UNIX, SOCK_STREAM, 0);
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "second" };
	CHECK(connect(client, (void *)&address, sizeof address) == 0 && accept(second, NULL, NULL) >= 0, "connect to second");
	return finish();
}
