/* Holds files whose content no image can record: one line in `held` for each, its descriptor and what waits in it. */
#include "../../cases/case.h"
#include "../../cases/connections.h"
#include <netinet/tcp.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

static void urgent(FILE *held)
{
	int pair[2];
	connect_pair(listen_on_loopback(), pair);
	MUST(send(pair[0], "ab!", 3, MSG_OOB) == 3);
	struct pollfd ready = { .fd = pair[1], .events = POLLPRI };
	MUST(poll(&ready, 1, 5000) == 1);
	fprintf(held, "%d urgent data\n", pair[1]);
}

static void urgent_unix(FILE *held)
{
	int pair[2];
	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0 && send(pair[0], "ab!", 3, MSG_OOB) == 3);
	fprintf(held, "%d urgent data\n", pair[1]);
}

static void corked(FILE *held)
{
	int on = 1, udp = socket(AF_INET, SOCK_DGRAM, 0);
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	MUST(connect(udp, (void *)&address, sizeof address) == 0);
	MUST(setsockopt(udp, IPPROTO_UDP, 1 /* UDP_CORK */, &on, sizeof on) == 0 && send(udp, "half", 4, 0) == 4);
	fprintf(held, "%d UDP_CORK\n", udp);
}

static void netlink(FILE *held)
{
	int route = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	struct {
		struct nlmsghdr header;
		struct rtgenmsg message;
	} request = { { sizeof request, RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP, 1, 0 }, { AF_UNSPEC } };
	MUST(send(route, &request, sizeof request, 0) == sizeof request);
	fprintf(held, "%d messages wait\n", route);
}

static void credentials(FILE *held)
{
	int on = 1, pair[2];
	MUST(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) == 0);
	MUST(setsockopt(pair[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof on) == 0);
	pid_t child = fork();
	MUST(child >= 0);
	if (child == 0)
		_exit(send(pair[0], "hello", 5, 0) != 5);
	MUST(waitpid(child, NULL, 0) == child);
	fprintf(held, "%d credentials\n", pair[1]);
}

static void watched(FILE *held)
{
	int directory = open(".", O_RDONLY | O_DIRECTORY);
	signal(SIGIO, SIG_IGN);
	if (fcntl(directory, F_NOTIFY, DN_RENAME) == 0)
		fprintf(held, "%d F_NOTIFY\n", directory);
}

int main(void)
{
	FILE *held = fopen("held", "w");
	MUST(held != NULL);
	urgent(held);
	urgent_unix(held);
	corked(held);
	netlink(held);
	credentials(held);
	watched(held);
	MUST(fclose(held) == 0);
	wait_for_restore();
	return finish();
}
