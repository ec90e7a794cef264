/* A connected, unnamed Unix socket whose peer is outside of the checkpoint. */
#include "../case.h"
#include <sys/socket.h>

int main(void)
{
	int ends[2];
	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
	/* reparents the holder of the peer out of the tree */
	pid_t child = fork();
	MUST(child >= 0);
	if (child == 0) {
		if (setsid() < 0 || fork() != 0)
			_exit(0);
		close(ends[0]);
		char byte;
		while (read(ends[1], &byte, 1) > 0)
			;
		_exit(0);
	}
	MUST(waitpid(child, NULL, 0) == child && close(ends[1]) == 0);
	put("socket-name", name_of(ends[0]));

	wait_for_restore();

	char found[16] = "";
	struct pollfd answer = { ends[0], POLLIN, 0 };
	CHECK(send(ends[0], "from the tree", 13, 0) == 13, "send");
	CHECK(poll(&answer, 1, 5000) == 1, "nobody answers");
	CHECK(recv(ends[0], found, sizeof found - 1, 0) == 12 && strcmp(found, "from outside") == 0, "'%s' came", found);
	return finish();
}
