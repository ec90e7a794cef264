/* A network namespace with a macvlan link, and with tracked and expected connections. */
#include "../case.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>

#define SIZE 20000

/* Removes timeouts, which change, and sorts, because the order is arbitrary. */
static const char tracked[] = "sed -E 's/ (udp|tcp) +([0-9]+) [0-9]+ / \\1 \\2 /; s/ \\[ASSURED\\]//; s/ use=.*//' /proc/net/nf_conntrack | sort";
static const char links[] = "ip -d -o link show type macvlan | sed -E 's/@if[0-9]+| qlen [0-9]+|link-netnsid [0-9]+//g'; ip -o addr show dev mac0";

static char *answer(const char *command)
{
	char *text = calloc(1, SIZE);
	FILE *pipe = popen(command, "r");
	text[fread(text, 1, SIZE - 1, pipe)] = 0;
	pclose(pipe);
	return text;
}

static void run(const char *command)
{
	if (system(command) != 0) {
		fprintf(stderr, "%s\n", command);
		exit(1);
	}
}

static void compare(const char *what, const char *command, const char *before)
{
	char *now = answer(command);
	int same = strcmp(before, now) == 0;
	CHECK(same, "%s are others", what);
	if (!same)
		fprintf(stderr, "%s\n%snow\n%s", what, before, now);
}

int main(void)
{
	char place[100] = "", command[300];
	int name = open("host", O_RDONLY);
	MUST(name >= 0 && read(name, place, sizeof place - 1) > 0 && close(name) == 0);
	MUST(unshare(CLONE_NEWNET) == 0);
	run("ip link set lo up");
	snprintf(command, sizeof command, "nsenter --net=%s ip link add mac0 link lower address 02:00:00:00:00:22 netns %d type macvlan mode private", place, getpid());
	run(command);
	run("ip addr add 192.0.2.22/24 dev mac0; ip link set mac0 up; sysctl -qw net.ipv6.conf.mac0.disable_ipv6=1");
	run("nft add table ip t; nft add chain ip t c '{ type filter hook output priority 0; }'; nft add rule ip t c ct state new accept");
	int listener = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0), packets = socket(AF_INET, SOCK_DGRAM, 0);
	struct sockaddr_in at = { AF_INET, htons(7200), { htonl(INADDR_LOOPBACK) }, "" };
	MUST(bind(packets, (void *)&at, sizeof at) == 0 && sendto(packets, "x", 1, 0, (void *)&at, sizeof at) == 1);
	MUST(bind(listener, (void *)&at, sizeof at) == 0 && listen(listener, 3) == 0 && connect(client, (void *)&at, sizeof at) == 0);
	MUST(close(accept(listener, NULL, NULL)) == 0 && close(client) == 0 && close(packets) == 0 && close(listener) == 0);
	char *connections = answer(tracked), *link = answer(links);
	MUST(strstr(connections, "dport=7200") != NULL && strstr(link, "mac0") != NULL);

	wait_for_restore();

	compare("tracked connections", tracked, connections);
	compare("links", links, link);
	return finish();
}
