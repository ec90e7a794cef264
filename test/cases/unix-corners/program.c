/* Unix sockets in unusual states: binary abstract names, listening sockets in flight, pending seqpacket connections, half shut down, shared by
 * several tasks. */
#include "../case.h"
#include "../messages.h"
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

static socklen_t abstract(struct sockaddr_un *to, const char *bytes, int length)
{
	memset(to, 0, sizeof *to);
	to->sun_family = AF_UNIX;
	memcpy(to->sun_path, bytes, length);
	return offsetof(struct sockaddr_un, sun_path) + length;
}

static int with_name(int type, const char *bytes, int length, int peer)
{
	struct sockaddr_un name;
	socklen_t size = abstract(&name, bytes, length);
	int fd = socket(AF_UNIX, type, 0);
	MUST(fd >= 0 && (peer ? connect : bind)(fd, (void *)&name, size) == 0);
	return fd;
}

static void is_named(const char *what, int fd, const char *bytes, int length)
{
	struct sockaddr_un found, wanted;
	socklen_t size = sizeof found, expected = abstract(&wanted, bytes, length);
	CHECK(getsockname(fd, (void *)&found, &size) == 0 && size == expected && memcmp(&found, &wanted, expected) == 0, "%s: its name has %d bytes",
	      what, size);
}

static void pair(int type, int ends[2])
{
	MUST(socketpair(AF_UNIX, type, 0, ends) == 0);
}

static void pass(int over, const int *fds, int count)
{
	char control[CMSG_SPACE(8 * sizeof(int))] = "", byte = 'p';
	struct iovec part = { &byte, 1 };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = CMSG_SPACE(count * sizeof(int)) };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(count * sizeof(int));
	memcpy(CMSG_DATA(header), fds, count * sizeof(int));
	MUST(sendmsg(over, &message, 0) == 1);
	for (int n = 0; n < count; n++)
		MUST(close(fds[n]) == 0);
}

static int receive(const char *what, int over, int *fds, int most)
{
	char control[CMSG_SPACE(8 * sizeof(int))] = "", byte;
	struct iovec part = { &byte, 1 };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control };
	ssize_t length = recvmsg(over, &message, MSG_DONTWAIT);
	struct cmsghdr *header = length == 1 ? CMSG_FIRSTHDR(&message) : NULL;
	int count = header == NULL ? 0 : (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	CHECK(count == most, "%s: %d files came", what, count);
	if (count == most)
		memcpy(fds, CMSG_DATA(header), count * sizeof(int));
	return count == most;
}

static int option(int fd, int name)
{
	int value = -1;
	socklen_t length = sizeof value;
	getsockopt(fd, SOL_SOCKET, name, &value, &length);
	return value;
}

int main(void)
{
	static const char odd[] = "\0a\0b\n/\xff\0", empty[] = "\0";
	int one = 1;
	int odd_server = with_name(SOCK_STREAM, odd, sizeof odd - 1, 0);
	MUST(listen(odd_server, 3) == 0);
	int odd_client = with_name(SOCK_STREAM, odd, sizeof odd - 1, 1);
	int nothing = with_name(SOCK_DGRAM, empty, 1, 0);
	int automatic = socket(AF_UNIX, SOCK_DGRAM, 0);
	struct sockaddr_un name;
	socklen_t length = sizeof name;
	MUST(bind(automatic, (void *)&(struct sockaddr){ AF_UNIX, "" }, 2) == 0 && getsockname(automatic, (void *)&name, &length) == 0);

	/* connections of packets, of which some have been accepted */
	int server = with_name(SOCK_SEQPACKET, "\0packets", 8, 0);
	MUST(listen(server, 5) == 0);
	int first = with_name(SOCK_SEQPACKET, "\0packets", 8, 1), accepted = accept(server, NULL, NULL);
	int waiting = with_name(SOCK_SEQPACKET, "\0packets", 8, 1);
	MUST(accepted >= 0);
	say(first, "packet"), say(first, "another"), say(accepted, "answer");

	/* one direction shut down */
	int quiet[2], deaf[2];
	pair(SOCK_STREAM, quiet), pair(SOCK_SEQPACKET, deaf);
	say(quiet[0], "last"), say(deaf[1], "heard");
	MUST(shutdown(quiet[0], SHUT_WR) == 0 && shutdown(deaf[0], SHUT_RD) == 0);

	/* in flight: a listening socket, both ends of a pair, a pair in a pair */
	int listening = with_name(SOCK_STREAM, "\0flying", 7, 0), carrier[2], inner[2], both[2];
	MUST(listen(listening, 2) == 0);
	pair(SOCK_DGRAM, carrier), pair(SOCK_STREAM, inner), pair(SOCK_SEQPACKET, both);
	say(both[0], "in both");
	pass(inner[0], both, 2);
	say(inner[1], "beside");
	int together[] = { listening, inner[0], inner[1] };
	pass(carrier[0], together, 3);

	/* ends in several tasks, options */
	int shared[2], options[2];
	pair(SOCK_STREAM, shared), pair(SOCK_DGRAM, options);
	MUST(setsockopt(options[0], SOL_SOCKET, SO_PASSCRED, &one, sizeof one) == 0);
	struct timeval limit = { 0, 60000 };
	MUST(setsockopt(options[1], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0);
	MUST(fcntl(options[0], F_SETFL, O_NONBLOCK) == 0 && fcntl(options[1], F_SETFD, FD_CLOEXEC) == 0);
	int size = 11111;
	MUST(setsockopt(options[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof size) == 0);
	int wanted = option(options[1], SO_SNDBUF), untouched = option(options[0], SO_SNDBUF);
	pid_t child = fork();
	MUST(child >= 0);
	if (child == 0) {
		close(shared[0]);
		wait_for_restore();
		say(shared[1], "from the child");
		hear("child", shared[1], "to the child");
		_exit(*failures != 0);
	}
	close(shared[1]);
	say(shared[0], "to the child");

	wait_for_restore();

	is_named("odd", odd_server, odd, sizeof odd - 1), is_named("empty", nothing, empty, 1);
	is_named("automatic", automatic, name.sun_path, length - offsetof(struct sockaddr_un, sun_path));
	int odd_accepted = accept(odd_server, NULL, NULL);
	say(odd_client, "odd"), hear("odd", odd_accepted, "odd");
	hear("accepted", accepted, "packet"), hear("accepted", accepted, "another"), hear("first", first, "answer");
	int last = accept(server, NULL, NULL);
	say(waiting, "waited"), hear("waiting", last, "waited"), say(last, "hello"), hear("who waited", waiting, "hello");

	hear("quiet", quiet[1], "last"), hear("quiet, at its end", quiet[1], "");
	CHECK(send(quiet[0], "x", 1, MSG_NOSIGNAL) < 0 && errno == EPIPE, "quiet can be written");
	say(quiet[1], "back"), hear("quiet, other direction", quiet[0], "back");
	hear("deaf", deaf[0], "heard"), say(deaf[0], "still"), hear("deaf, other direction", deaf[1], "still");
	CHECK(send(deaf[1], "x", 1, MSG_NOSIGNAL) < 0 && errno == EPIPE, "deaf can be written to");

	int flown[3], nested[2];
	if (receive("carrier", carrier[1], flown, 3)) {
		is_named("flown", flown[0], "\0flying", 7);
		int caller = with_name(SOCK_STREAM, "\0flying", 7, 1);
		say(caller, "hi"), hear("flown, listening", accept(flown[0], NULL, NULL), "hi");
		hear("flown, a pair", flown[1], "beside");
		if (receive("flown", flown[2], nested, 2)) {
			hear("nested", nested[1], "in both");
			say(nested[1], "more"), hear("nested, back", nested[0], "more");
		}
	}

	CHECK(option(options[0], SO_PASSCRED) == 1 && option(options[1], SO_PASSCRED) == 0, "SO_PASSCRED");
	CHECK(option(options[1], SO_SNDBUF) == wanted && option(options[0], SO_SNDBUF) == untouched, "sizes of buffers: %d, not %d", option(options[1], SO_SNDBUF),
	      wanted);
	char byte;
	CHECK(recv(options[1], &byte, 1, 0) < 0 && errno == EAGAIN, "time limit");
	CHECK((fcntl(options[0], F_GETFL) & O_NONBLOCK) && !(fcntl(options[1], F_GETFL) & O_NONBLOCK), "flags");
	char credentials[CMSG_SPACE(sizeof(struct ucred))] = "";
	struct iovec part = { &byte, 1 };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = credentials, .msg_controllen = sizeof credentials };
	say(options[1], "c");
	CHECK(recvmsg(options[0], &message, 0) == 1 && CMSG_FIRSTHDR(&message) && ((struct ucred *)CMSG_DATA(CMSG_FIRSTHDR(&message)))->pid == getpid(),
	      "credentials");
	int status = -1;
	CHECK(waitpid(child, &status, 0) == child && status == 0, "the child has not heard it");
	hear("shared", shared[0], "from the child"), hear("shared, at its end", shared[0], "");
	return finish();
}
