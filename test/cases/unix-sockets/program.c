/* Unix sockets that are hard to restore: deleted or reused names, senders that have ended, unaccepted connections, sockets in flight, long
 * queues. */
#include "../case.h"
#include "../messages.h"
#include <linux/filter.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

#define LONG 600000

/* The program ends even if the test abandons it. */
static void wait_for(const char *path)
{
	for (int n = 0; faccessat(home, path, F_OK, 0) != 0; n++) {
		MUST(n < 12000);
		usleep(5000);
	}
}

static socklen_t address(struct sockaddr_un *to, const char *path)
{
	memset(to, 0, sizeof *to);
	to->sun_family = AF_UNIX;
	strcpy(to->sun_path, path);
	return offsetof(struct sockaddr_un, sun_path) + strlen(path) + 1;
}

static int bound(int type, const char *path)
{
	struct sockaddr_un name;
	socklen_t length = address(&name, path);
	int fd = socket(AF_UNIX, type, 0);
	MUST(fd >= 0 && bind(fd, (struct sockaddr *)&name, length) == 0);
	return fd;
}

static int try_connect(int fd, const char *path)
{
	struct sockaddr_un name;
	socklen_t length = address(&name, path);
	return connect(fd, (struct sockaddr *)&name, length);
}

static int connected(int type, const char *path)
{
	int fd = socket(AF_UNIX, type, 0);
	MUST(fd >= 0 && try_connect(fd, path) == 0);
	return fd;
}

static void pair(int type, int ends[2])
{
	MUST(socketpair(AF_UNIX, type, 0, ends) == 0);
}

static void send_with(int fd, const char *text, int passed)
{
	char control[CMSG_SPACE(sizeof(int))] = "";
	struct iovec part = { (char *)text, strlen(text) };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &passed, sizeof passed);
	MUST(sendmsg(fd, &message, 0) == (ssize_t)strlen(text));
}

static int receive_with(const char *what, int fd, const char *text)
{
	char control[CMSG_SPACE(sizeof(int))] = "", found[64] = "";
	struct iovec part = { found, sizeof found - 1 };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control };
	ssize_t length = recvmsg(fd, &message, MSG_DONTWAIT);
	CHECK(length == (ssize_t)strlen(text) && strcmp(found, text) == 0, "%s: '%s', not '%s'", what, found, text);
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	int passed = -1;
	if (header != NULL)
		memcpy(&passed, CMSG_DATA(header), sizeof passed);
	CHECK(passed >= 0, "%s: nothing came with it", what);
	return passed;
}

static void named(const char *what, int fd, int peer, const char *path)
{
	struct sockaddr_un found, wanted;
	socklen_t length = sizeof found, expected = address(&wanted, path);
	int result = (peer ? getpeername : getsockname)(fd, (struct sockaddr *)&found, &length);
	CHECK(result == 0 && length == expected && memcmp(&found, &wanted, expected) == 0, "%s: its name is '%s', not '%s'", what,
	      found.sun_path, path);
}

int main(void)
{
	char *large = malloc(LONG), *back = malloc(LONG);
	int ends[2], one = 1;
	for (int n = 0; n < LONG; n++)
		large[n] = n * 7 + n / 1000;

	/* a datagram socket whose name was deleted and taken again, and who is connected to each */
	int old = bound(SOCK_DGRAM, "taken"), to_old = connected(SOCK_DGRAM, "taken");
	MUST(unlink("taken") == 0);
	int new = bound(SOCK_DGRAM, "taken"), to_new = connected(SOCK_DGRAM, "taken");
	say(to_old, "to the old one"), say(to_new, "to the new one");

	/* names in directories that are gone */
	MUST(mkdir("gone", 0755) == 0 && mkdir("gone/far", 0755) == 0);
	int lost = bound(SOCK_STREAM, "gone/far/listen");
	MUST(listen(lost, 4) == 0);
	MUST(unlink("gone/far/listen") == 0 && rmdir("gone/far") == 0 && rmdir("gone") == 0);

	/* a file of somebody else has the name of a deleted socket */
	int replaced = bound(SOCK_DGRAM, "replaced");
	MUST(unlink("replaced") == 0);
	int file = open("replaced", O_WRONLY | O_CREAT, 0644);
	MUST(file >= 0 && write(file, "mine", 4) == 4 && close(file) == 0);

	/* an owner, and a mode with more than permissions */
	int owned = bound(SOCK_STREAM, "owned");
	MUST(chown("owned", 1234, 2345) == 0 && chmod("owned", 01601) == 0 && listen(owned, 0) == 0);

	/* datagrams of a sender that is gone (no empty one: CRIU takes that for the end of the queue); the receiver has no name */
	pair(SOCK_DGRAM, ends);
	int orphan = ends[0];
	say(ends[1], "first");
	say(ends[1], "third");
	MUST(close(ends[1]) == 0);
	int named_orphan = bound(SOCK_DGRAM, "orphan");
	int stranger = connected(SOCK_DGRAM, "orphan");
	say(stranger, "from a stranger");
	MUST(close(stranger) == 0);

	/* connected to itself */
	int self = bound(SOCK_DGRAM, "self");
	MUST(try_connect(self, "self") == 0);
	say(self, "to me");

	/* connections that nobody has accepted */
	int pending = connected(SOCK_STREAM, "owned");

	/* a socket in flight, with content of its own; and a file that nobody else has */
	pair(SOCK_STREAM, ends);
	int flight[2];
	pair(SOCK_SEQPACKET, flight);
	say(flight[1], "packet in flight");
	send_with(ends[0], "a socket", flight[0]);
	MUST(close(flight[0]) == 0);
	int carrier = ends[1], keeper = ends[0], other_end = flight[1];
	pair(SOCK_DGRAM, ends);
	file = open("passed", O_RDWR | O_CREAT, 0644);
	MUST(file >= 0 && write(file, "0123456789", 10) == 10 && lseek(file, 4, SEEK_SET) == 4);
	send_with(ends[0], "a file", file);
	MUST(close(file) == 0);
	int bearer = ends[1], sender = ends[0];

	/* more than fits by default, and both ways */
	int wide[2], size = LONG;
	pair(SOCK_STREAM, wide);
	MUST(setsockopt(wide[0], SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size) == 0);
	MUST(send(wide[0], large, LONG, MSG_DONTWAIT) == LONG);
	say(wide[1], "and back");

	/* packets of a peer that is gone; shut down both ways */
	pair(SOCK_SEQPACKET, ends);
	say(ends[1], "one"), say(ends[1], "two");
	MUST(close(ends[1]) == 0);
	int widow = ends[0];
	int closed[2];
	pair(SOCK_STREAM, closed);
	say(closed[1], "before");
	MUST(shutdown(closed[0], SHUT_RDWR) == 0);

	/* a filter that cuts packets to 3 bytes */
	int filtered[2];
	pair(SOCK_DGRAM, filtered);
	struct sock_filter code[] = { { BPF_RET | BPF_K, 0, 0, 3 } };
	struct sock_fprog program = { 1, code };
	MUST(setsockopt(filtered[0], SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0);
	MUST(setsockopt(filtered[0], SOL_SOCKET, SO_PASSCRED, &one, sizeof one) == 0);

	/* a connected client in another task, and a sender that the receiver does not know */
	int server = bound(SOCK_DGRAM, "server");
	pid_t child = fork();
	MUST(child >= 0);
	if (child == 0) {
		int client = bound(SOCK_DGRAM, "client");
		MUST(try_connect(client, "server") == 0);
		say(client, "from the child");
		put("child-ready", "");
		wait_for("go");
		say(client, "and again");
		put("child-done", "");
		return 0;
	}
	wait_for("child-ready");

	wait_for_restore();

	hear("the old one", old, "to the old one"), hear("the new one", new, "to the new one");
	named("the old one", old, 0, "taken"), named("the one to the old", to_old, 1, "taken");
	say(to_old, "still"), hear("the old one, later", old, "still");
	say(to_new, "yet"), hear("the new one, later", new, "yet");
	CHECK(access("gone", F_OK) < 0, "the directory is there again");
	named("in a lost directory", lost, 0, "gone/far/listen");
	named("replaced", replaced, 0, "replaced");
	file = open("replaced", O_RDONLY);
	CHECK(has(file, "mine"), "the file with a socket's name has changed");
	struct stat status;
	CHECK(stat("owned", &status) == 0 && status.st_uid == 1234 && status.st_gid == 2345 && status.st_mode == (S_IFSOCK | 01601),
	      "owned: %u %u %o", status.st_uid, status.st_gid, status.st_mode);
	hear("orphan", orphan, "first"), hear("orphan", orphan, "third");
	hear("orphan with a name", named_orphan, "from a stranger");
	stranger = connected(SOCK_DGRAM, "orphan");
	say(stranger, "from another"), hear("orphan with a name, later", named_orphan, "from another");
	hear("self", self, "to me"), say(self, "to me again"), hear("self", self, "to me again");
	int accepted = accept(owned, NULL, NULL);
	CHECK(accepted >= 0, "nobody waits");
	say(pending, "to who accepts"), hear("accepted", accepted, "to who accepts");
	named("pending", pending, 1, "owned");
	int passed = receive_with("in flight", carrier, "a socket");
	hear("in flight", passed, "packet in flight"), say(other_end, "more"), hear("in flight", passed, "more");
	say(keeper, "after"), hear("carrier", carrier, "after");
	passed = receive_with("file in flight", bearer, "a file");
	CHECK(read(passed, back, 6) == 6 && memcmp(back, "456789", 6) == 0, "the file in flight");
	say(sender, "next"), hear("bearer", bearer, "next");
	CHECK(recv(wide[1], back, LONG, MSG_WAITALL) == LONG && memcmp(large, back, LONG) == 0, "a long queue");
	hear("a long queue, back", wide[0], "and back");
	hear("widow", widow, "one"), hear("widow", widow, "two"), hear("widow", widow, "");
	hear("shut down", closed[0], "before"), hear("shut down", closed[0], "");
	CHECK(send(closed[1], "x", 1, MSG_NOSIGNAL) < 0 && errno == EPIPE, "shut down: it can be written");
	say(filtered[1], "filtered"), hear("filtered", filtered[0], "fil");
	struct sockaddr_un from;
	socklen_t length = sizeof from;
	CHECK(recvfrom(server, back, 100, 0, (struct sockaddr *)&from, &length) == 14 && strcmp(from.sun_path, "client") == 0, "the sender is '%s'",
	      from.sun_path);
	wait_for("child-done");
	hear("server", server, "and again");
	return finish();
}
