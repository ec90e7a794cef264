/* Sockets whose files have been renamed since they were bound, as servers do that replace a socket, and relative names in other directories. */
#include "../case.h"
#include <sys/socket.h>
#include <sys/un.h>

static struct sockaddr_un address(const char *path)
{
	struct sockaddr_un name = { AF_UNIX, "" };
	strcpy(name.sun_path, path);
	return name;
}

static int listen_at(const char *path)
{
	struct sockaddr_un name = address(path);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	MUST(fd >= 0 && bind(fd, (void *)&name, sizeof name) == 0 && listen(fd, 5) == 0);
	return fd;
}

static void leads_to(const char *path, int server)
{
	struct sockaddr_un name = address(path);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), got;
	CHECK(connect(fd, (void *)&name, sizeof name) == 0, "%s: no connection", path);
	fcntl(server, F_SETFL, O_NONBLOCK);
	got = accept(server, NULL, NULL);
	CHECK(got >= 0, "%s: it leads to another socket", path);
	close(fd);
	close(got);
}

int main(void)
{
	char absolute[100], *cwd = getcwd(NULL, 0);
	snprintf(absolute, sizeof absolute, "%s/absolute.tmp", cwd);
	MUST(mkdir("sub", 0755) == 0 && mkdir("other", 0755) == 0 && mkdir("old", 0755) == 0);
	int relative = listen_at("relative.tmp");
	MUST(rename("relative.tmp", "relative") == 0);
	int moved = listen_at("moved");
	MUST(rename("moved", "other/m") == 0);
	int whole = listen_at(absolute);
	MUST(rename(absolute, "absolute") == 0);
	int dotted = listen_at("./sub/../sub/dotted");
	int in_directory = listen_at("old/socket");
	MUST(rename("old", "new") == 0);
	wait_for_restore();
	leads_to("relative", relative);
	leads_to("other/m", moved);
	leads_to("absolute", whole);
	leads_to("sub/dotted", dotted);
	leads_to("new/socket", in_directory);
	return finish();
}
