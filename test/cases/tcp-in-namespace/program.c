/*
 * A TCP connection in a new network namespace, or in the one that the file "host" names. If the file "moved" exists, the restore must have put it into
 * another one.
 */
#include "../case.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>

static ino_t own_namespace(void)
{
	struct stat found;
	MUST(stat("/proc/self/ns/net", &found) == 0);
	return found.st_ino;
}

static int exchange(int from, int to, const char *text)
{
	char got[20] = "";
	struct timeval limit = { 5, 0 };
	setsockopt(to, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
	return send(from, text, strlen(text), MSG_NOSIGNAL) > 0 && recv(to, got, sizeof got, 0) > 0 && strcmp(got, text) == 0;
}

int main(void)
{
	ino_t machine = own_namespace();
	char place[100] = "";
	int name = open("host", O_RDONLY), outside = -1;
	if (name >= 0) {
		MUST(read(name, place, sizeof place - 1) > 0 && close(name) == 0);
		MUST((outside = open(place, O_RDONLY)) >= 0 && setns(outside, CLONE_NEWNET) == 0 && close(outside) == 0);
	} else {
		MUST(unshare(CLONE_NEWNET) == 0 && system("ip link set lo up; ip addr add 192.0.2.1/32 dev lo") == 0);
	}
	ino_t before = own_namespace();
	int listener = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in at = { AF_INET, htons(7100), { htonl(INADDR_LOOPBACK) }, "" };
	MUST(bind(listener, (void *)&at, sizeof at) == 0 && listen(listener, 3) == 0);
	MUST(connect(client, (void *)&at, sizeof at) == 0);
	int server = accept(listener, NULL, NULL);
	MUST(server >= 0 && send(client, "queued", 6, 0) == 6);

	wait_for_restore();

	char got[20] = "";
	CHECK(recv(server, got, sizeof got, MSG_DONTWAIT) == 6 && memcmp(got, "queued", 6) == 0, "what was in the queue is '%s'", got);
	CHECK(exchange(client, server, "there") && exchange(server, client, "and back"), "the connection is dead");
	// The number of a namespace that no longer exists can be given to another one.
	int is_right = name < 0 ? own_namespace() != machine : (own_namespace() == before) == (access("moved", F_OK) != 0);
	CHECK(is_right, "it is in network namespace %lu, and was in %lu", own_namespace(), before);
	CHECK(system("nft list ruleset | grep -q CRIU") != 0, "the lock of nftables is still there");
	CHECK(system("iptables-legacy-save 2> /dev/null | grep -q CRIU") != 0, "the lock of iptables is still there");
	return finish();
}
