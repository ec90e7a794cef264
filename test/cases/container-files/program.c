/* Named sockets, watches and deleted files in a mount namespace with its own root: the host has none of its paths. */
#include "../container.h"
#include <sys/fanotify.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/un.h>

static int with_path(int type, const char *path, int peer)
{
	struct sockaddr_un name = { AF_UNIX, "" };
	strcpy(name.sun_path, path);
	int fd = socket(AF_UNIX, type, 0);
	MUST(fd >= 0 && (peer ? connect : bind)(fd, (void *)&name, sizeof name) == 0);
	return fd;
}

static void hear(const char *what, int fd, const char *text)
{
	char found[64] = "";
	ssize_t length = recv(fd, found, sizeof found - 1, MSG_DONTWAIT);
	CHECK(length == (ssize_t)strlen(text) && strcmp(found, text) == 0, "%s: '%s'", what, found);
}

static int watched(int fd)
{
	char room[4096] __attribute__((aligned(8)));
	ssize_t length = read(fd, room, sizeof room);
	return length < (ssize_t)sizeof(struct inotify_event) ? -1 : ((struct inotify_event *)room)->wd;
}

static int marked(int fd)
{
	struct fanotify_event_metadata room[16];
	ssize_t length = read(fd, room, sizeof room);
	int mask = length > 0 ? (int)room->mask : 0;
	for (struct fanotify_event_metadata *event = room; length > 0 && FAN_EVENT_OK(event, length); event = FAN_EVENT_NEXT(event, length))
		close(event->fd);
	return mask;
}

int main(int argc, char **argv)
{
	(void)argc;
	enter_container(argv);
	MUST(mkdir("/volatile", 0755) == 0 && mount("some", "/volatile", "tmpfs", 0, NULL) == 0);
	MUST(mkdir("/tmp", 0777) == 0 && mkdir("/tmp/restage-decoy", 0755) == 0 && mkdir("/cage", 0755) == 0);

	int here = with_path(SOCK_DGRAM, "/tmp/restage-decoy/socket", 0), deleted = with_path(SOCK_DGRAM, "/volatile/deleted", 0);
	int listening = with_path(SOCK_STREAM, "/volatile/listening", 0);
	MUST(listen(listening, 2) == 0);
	int to_here = with_path(SOCK_DGRAM, "/tmp/restage-decoy/socket", 1), to_deleted = with_path(SOCK_DGRAM, "/volatile/deleted", 1);
	MUST(unlink("/volatile/deleted") == 0 && send(to_deleted, "queued", 6, 0) == 6);

	put("/volatile/file", "content"), put("/watched", "content"), put("/volatile/gone", "gone");
	int in = inotify_init1(IN_NONBLOCK), gone = open("/volatile/gone", O_RDWR);
	int on_file = inotify_add_watch(in, "/volatile/file", IN_OPEN), on_watched = inotify_add_watch(in, "/watched", IN_OPEN);
	MUST(gone >= 0 && unlink("/volatile/gone") == 0 && on_file > 0 && on_watched > 0);
	int fan = fanotify_init(FAN_NONBLOCK, O_RDONLY);
	MUST(fan >= 0 && fanotify_mark(fan, FAN_MARK_ADD | FAN_MARK_MOUNT, FAN_MODIFY, AT_FDCWD, "/volatile") == 0);
	MUST(fanotify_mark(fan, FAN_MARK_ADD, FAN_OPEN, AT_FDCWD, "/watched") == 0);
	int space = open("/proc/self/ns/mnt", O_RDONLY);
	home = open("/", O_RDONLY | O_DIRECTORY);
	MUST(space >= 0 && home >= 0);
	pid_t child = fork();
	MUST(child >= 0);
	if (child == 0) {
		/* its root hides what it watches */
		int own = inotify_init(), watch = inotify_add_watch(own, "/watched", IN_ATTRIB);
		MUST(own >= 0 && watch > 0 && chroot("/cage") == 0);
		put("ready-child", "");
		_exit(watched(own) == watch ? 0 : 1);
	}
	while (access("ready-child", F_OK) < 0)
		usleep(1000);

	wait_for_restore();

	int status = -1;
	CHECK(chmod("/watched", 0600) == 0 && waitpid(child, &status, 0) == child && status == 0, "the watch of the child");
	CHECK(send(to_here, "hello", 5, 0) == 5, "send");
	hear("here", here, "hello");
	hear("deleted", deleted, "queued");
	CHECK(send(to_deleted, "later", 5, 0) == 5, "send");
	hear("deleted", deleted, "later");
	int client = with_path(SOCK_STREAM, "/volatile/listening", 1), again = with_path(SOCK_DGRAM, "/tmp/restage-decoy/socket", 1);
	CHECK(client >= 0 && accept(listening, NULL, NULL) >= 0 && send(again, "again", 5, 0) == 5, "paths");
	hear("here", here, "again");
	CHECK(access("/volatile/deleted", F_OK) < 0 && access("/volatile/gone", F_OK) < 0, "a name is back");
	CHECK(has(gone, "gone"), "the deleted file");

	CHECK(watched(in) == -1 && marked(fan) == 0, "there are events of the restore");
	close(open("/volatile/file", O_RDONLY));
	CHECK(watched(in) == on_file, "the watch in the tmpfs");
	close(open("/watched", O_RDONLY));
	CHECK(watched(in) == on_watched, "the watch");
	CHECK(marked(fan) == FAN_OPEN, "the marked file");
	put("/volatile/file", "more");
	CHECK(marked(fan) == FAN_MODIFY, "the marked mount");
	struct stat one, other;
	CHECK(fstat(space, &one) == 0 && stat("/proc/self/ns/mnt", &other) == 0 && one.st_ino == other.st_ino, "its mount namespace");
	return finish();
}
