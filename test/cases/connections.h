/* TCP connections within the machine. */
#include <netinet/in.h>
#include <sys/socket.h>

/* A listener of the loopback device, at a port that the kernel chooses. */
static inline int listen_on_loopback(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	MUST(listener >= 0 && bind(listener, (void *)&address, sizeof address) == 0 && listen(listener, 1) == 0);
	return listener;
}

/* Connects to a listener: pair[0] is the client, pair[1] what the listener accepts. */
static inline void connect_pair(int listener, int pair[2])
{
	struct sockaddr_in address;
	socklen_t length = sizeof address;
	MUST(getsockname(listener, (void *)&address, &length) == 0);
	pair[0] = socket(AF_INET, SOCK_STREAM, 0);
	MUST(pair[0] >= 0 && connect(pair[0], (void *)&address, length) == 0);
	MUST((pair[1] = accept(listener, NULL, NULL)) >= 0);
}
