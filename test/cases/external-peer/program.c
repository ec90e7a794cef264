/* A datagram socket that is connected to a process outside of the checkpoint. */
#include "../case.h"
#include <sys/socket.h>
#include <sys/un.h>

int main(void)
{
	/* CRIU does not record the directory of an external socket */
	struct sockaddr_un name = { AF_UNIX, "" };
	MUST(getcwd(name.sun_path, sizeof name.sun_path - 8) != NULL);
	strcat(name.sun_path, "/server");
	int server = socket(AF_UNIX, SOCK_DGRAM, 0), client = socket(AF_UNIX, SOCK_DGRAM, 0);
	MUST(bind(server, (void *)&name, sizeof name) == 0 && connect(client, (void *)&name, sizeof name) == 0);
	/* reparents the server out of the tree */
	pid_t child = fork();
	MUST(child >= 0);
	if (child == 0) {
		if (setsid() < 0 || fork() != 0)
			_exit(0);
		close(client);
		char found[64] = "";
		struct pollfd readable = { server, POLLIN, 0 };
		if (poll(&readable, 1, 60000) == 1 && recv(server, found, sizeof found - 1, 0) > 0)
			put("heard", found);
		_exit(0);
	}
	MUST(waitpid(child, NULL, 0) == child && close(server) == 0);

	wait_for_restore();

	CHECK(send(client, "after all", 9, 0) == 9, "send");
	for (int n = 0; n < 1000 && faccessat(home, "heard", F_OK, 0) != 0; n++)
		usleep(5000);
	usleep(50000);
	int heard = openat(home, "heard", O_RDONLY);
	CHECK(has(heard, "after all"), "the server has not heard it");
	return finish();
}
