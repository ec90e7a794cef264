/* Messages that wait on Unix sockets, with the credentials and the names of their senders. */
#include "../case.h"
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

#ifndef SO_PASSPIDFD
#define SO_PASSPIDFD 76
#define SCM_PIDFD 4
#endif

/* Binds or connects a socket to a name; one that begins with @ is abstract. */
static void use(int (*call)(int, const struct sockaddr *, socklen_t), int fd, const char *text)
{
	struct sockaddr_un name = { AF_UNIX, "" };
	strcpy(name.sun_path, text);
	if (*text == '@')
		*name.sun_path = 0;
	MUST(call(fd, (void *)&name, offsetof(struct sockaddr_un, sun_path) + strlen(text)) == 0);
}

static void say(int fd, const char *text)
{
	MUST(send(fd, text, strlen(text), 0) == (ssize_t)strlen(text));
}

static int datagrams(const char *name)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	MUST(fd >= 0);
	if (name != NULL)
		use(bind, fd, name);
	return fd;
}

/* Sends a text to a name. */
static void tell(int fd, const char *to, const char *text)
{
	struct sockaddr_un name = { AF_UNIX, "" };
	strcpy(name.sun_path, to);
	if (*to == '@')
		*name.sun_path = 0;
	MUST(sendto(fd, text, strlen(text), 0, (void *)&name, offsetof(struct sockaddr_un, sun_path) + strlen(to)) == (ssize_t)strlen(text));
}

/* Receives a text, and compares its sender's credentials and name. */
static void from(int fd, const char *text, pid_t pid, uid_t uid, const char *sender)
{
	char found[64] = "", control[256];
	struct sockaddr_un name = { 0 };
	struct iovec part = { found, sizeof found - 1 };
	struct msghdr message = { &name, sizeof name, &part, 1, control, sizeof control, 0 };
	if (recvmsg(fd, &message, MSG_DONTWAIT) < 0 || strcmp(found, text) != 0) {
		CHECK(0, "'%s', not '%s'", found, text);
		return;
	}
	struct ucred who = { 0, -1, -1 };
	int pidfd = -1;
	for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header != NULL; header = CMSG_NXTHDR(&message, header)) {
		if (header->cmsg_type == SCM_CREDENTIALS)
			memcpy(&who, CMSG_DATA(header), sizeof who);
		if (header->cmsg_type == SCM_PIDFD)
			memcpy(&pidfd, CMSG_DATA(header), sizeof pidfd);
	}
	if (pid != 0)
		CHECK(who.pid == pid && who.uid == uid && who.gid == 7, "%s: sent by %d of user %d", text, who.pid, who.uid);
	if (pidfd >= 0) {
		char path[64], shown[512] = "";
		snprintf(path, sizeof path, "/proc/self/fdinfo/%d", pidfd);
		int info = open(path, O_RDONLY);
		MUST(read(info, shown, sizeof shown - 1) > 0);
		char *line = strstr(shown, "Pid:");
		CHECK(line != NULL && atoi(line + 4) == pid, "%s: its pidfd", text);
	}
	if (sender != NULL) {
		int length = message.msg_namelen == 0 ? 0 : (int)(message.msg_namelen - offsetof(struct sockaddr_un, sun_path));
		if (length > 0 && *name.sun_path == 0)
			*name.sun_path = '@';
		CHECK(length >= (int)strlen(sender) && strncmp(name.sun_path, sender, strlen(sender)) == 0 && (*sender != 0 || length == 0), "%s: from '%s'", text, name.sun_path);
	}
}

int main(void)
{
	int one = 1, packets[2], stream[2];
	MUST(setresgid(7, 7, 0) == 0);
	MUST(socketpair(AF_UNIX, SOCK_DGRAM, 0, packets) == 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, stream) == 0);
	MUST(setsockopt(packets[1], SOL_SOCKET, SO_PASSCRED, &one, sizeof one) == 0);
	MUST(setsockopt(stream[1], SOL_SOCKET, SO_PASSCRED, &one, sizeof one) == 0);
	setsockopt(packets[1], SOL_SOCKET, SO_PASSPIDFD, &one, sizeof one);
	int ready[2];
	MUST(pipe(ready) == 0);
	say(packets[0], "first"), say(stream[0], "start");
	pid_t child = fork();
	MUST(child >= 0);
	if (child == 0) {
		MUST(setuid(1234) == 0);
		say(packets[0], "second"), say(stream[0], "middle");
		close(ready[1]);
		for (;;)
			pause();
	}
	close(ready[1]);
	char byte;
	MUST(read(ready[0], &byte, 1) == 0);
	say(packets[0], "third"), say(stream[0], "end");

	/* Many send to one name: a socket that is connected to it and has a name, one with a path, one without a name that is closed. */
	int server = datagrams("@messages"), at_path = datagrams("server"), client = datagrams("client"), nameless = datagrams(NULL);
	int connected = datagrams("@connected");
	use(connect, connected, "@messages");
	tell(client, "@messages", "of client");
	say(connected, "of connected");
	tell(nameless, "@messages", "of nobody");
	tell(client, "@messages", "again");
	tell(nameless, "server", "to a path");
	tell(client, "server", "to a path too");
	close(nameless);

	wait_for_restore();
	from(packets[1], "first", getpid(), 0, ""), from(packets[1], "second", child, 1234, ""), from(packets[1], "third", getpid(), 0, "");
	from(stream[1], "start", getpid(), 0, NULL), from(stream[1], "middle", child, 1234, NULL), from(stream[1], "end", getpid(), 0, NULL);
	from(server, "of client", 0, 0, "client"), from(server, "of connected", 0, 0, "@connected");
	from(server, "of nobody", 0, 0, ""), from(server, "again", 0, 0, "client");
	from(at_path, "to a path", 0, 0, ""), from(at_path, "to a path too", 0, 0, "client");
	tell(client, "@messages", "new");
	from(server, "new", 0, 0, "client");
	kill(child, SIGKILL);
	return finish();
}
