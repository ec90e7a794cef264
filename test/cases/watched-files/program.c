/* Inotify watches on renamed, deleted and linked files, and fanotify marks on files and mounts. */
#include "../case.h"
#include <sys/fanotify.h>
#include <sys/inotify.h>

static void touch(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT, 0644);
	MUST(fd >= 0 && write(fd, "x", 1) == 1 && close(fd) == 0);
}

/* The next event of one read, or 0. */
static int next(int fd, int *watch, char *name)
{
	static char room[4096] __attribute__((aligned(8)));
	static ssize_t at, length;
	if (at >= length)
		at = 0, length = read(fd, room, sizeof room);
	if (length <= 0)
		return length = 0;
	struct inotify_event *event = (void *)(room + at);
	at += sizeof *event + event->len;
	*watch = event->wd;
	strcpy(name, event->len > 0 ? event->name : "");
	return event->mask;
}

static void expect(const char *what, int fd, int watch, int mask, const char *name)
{
	char found[300] = "";
	int of = -1, got = next(fd, &of, found);
	CHECK(got == mask && of == watch && strcmp(found, name) == 0, "%s: event %x of watch %d with '%s'", what, got, of, found);
}

/* Counts the new fanotify events for the file of a descriptor. */
static unsigned long long reported(int fd, int *count)
{
	struct fanotify_event_metadata room[64];
	unsigned long long masks = 0;
	*count = 0;
	for (;;) {
		ssize_t length = read(fd, room, sizeof room);
		if (length <= 0)
			return masks;
		for (struct fanotify_event_metadata *event = room; FAN_EVENT_OK(event, length); event = FAN_EVENT_NEXT(event, length)) {
			masks |= event->mask;
			++*count;
			if (event->fd >= 0)
				close(event->fd);
		}
	}
}

static void drain(int fd)
{
	int count;
	reported(fd, &count);
}

/* The flags of a fanotify instance as /proc shows them. */
static const char *flags_of(int fd)
{
	static char lines[2][256];
	static int turn;
	char path[64], *line = lines[turn++ % 2];
	snprintf(path, sizeof path, "/proc/self/fdinfo/%d", fd);
	FILE *info = fopen(path, "r");
	while (fgets(line, sizeof lines[0], info) != NULL && strncmp(line, "fanotify flags:", 15) != 0)
		line[0] = 0;
	fclose(info);
	return line;
}

int main(void)
{
	int in = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	MUST(in >= 0);
	touch("kept"), touch("old-name"), touch("deleted"), touch("once");
	MUST(mkdir("directory", 0755) == 0);
	int gone = inotify_add_watch(in, "kept", IN_ATTRIB);
	MUST(inotify_rm_watch(in, gone) == 0);
	int kept = inotify_add_watch(in, "kept", IN_MODIFY | IN_CLOSE_WRITE);
	int renamed = inotify_add_watch(in, "old-name", IN_MODIFY);
	int directory = inotify_add_watch(in, "directory", IN_CREATE | IN_DELETE | IN_EXCL_UNLINK);
	int deleted = inotify_add_watch(in, "deleted", IN_MODIFY);
	int once = inotify_add_watch(in, "once", IN_MODIFY | IN_ONESHOT);
	MUST(kept > 0 && renamed > 0 && directory > 0 && deleted > 0 && once > 0);
	int file = open("deleted", O_RDWR);
	MUST(file >= 0 && rename("old-name", "new-name") == 0 && unlink("deleted") == 0);

	int fan = fanotify_init(FAN_CLASS_NOTIF | FAN_NONBLOCK | FAN_CLOEXEC | FAN_UNLIMITED_MARKS, O_RDONLY | O_CLOEXEC | O_LARGEFILE);
	int class = fanotify_init(FAN_CLASS_CONTENT | FAN_NONBLOCK, O_RDWR);
	MUST(fan >= 0 && class >= 0);
	touch("marked"), touch("mounted/surviving");
	MUST(mkdir("marked-directory", 0755) == 0);
	MUST(fanotify_mark(fan, FAN_MARK_ADD, FAN_MODIFY | FAN_CLOSE_WRITE, AT_FDCWD, "marked") == 0);
	MUST(fanotify_mark(fan, FAN_MARK_ADD, FAN_OPEN | FAN_EVENT_ON_CHILD | FAN_ONDIR, AT_FDCWD, "marked-directory") == 0);
	MUST(fanotify_mark(fan, FAN_MARK_ADD | FAN_MARK_MOUNT, FAN_MODIFY, AT_FDCWD, "mounted") == 0);
	MUST(fanotify_mark(fan, FAN_MARK_ADD | FAN_MARK_IGNORED_MASK | FAN_MARK_IGNORED_SURV_MODIFY, FAN_MODIFY, AT_FDCWD,
			   "mounted/surviving") == 0);
	MUST(fanotify_mark(class, FAN_MARK_ADD, FAN_CLOSE_WRITE, AT_FDCWD, "marked") == 0);

	char flags[2][256];
	strcpy(flags[0], flags_of(fan)), strcpy(flags[1], flags_of(class));
	/* They differ from the flags of fanotify_init(). */
	MUST(fcntl(class, F_SETFD, FD_CLOEXEC) == 0 && fcntl(fan, F_SETFD, 0) == 0);
	int blocking = fanotify_init(FAN_CLASS_NOTIF, O_RDONLY);
	MUST(blocking >= 0 && fcntl(blocking, F_SETFL, O_NONBLOCK) == 0);
	/* Unread events are not saved. */
	char events[4096];
	MUST(read(in, events, sizeof events) > 0);
	wait_for_restore();
	CHECK(*flags[0] != 0 && strcmp(flags[0], flags_of(fan)) == 0, "flags %s, not %s", flags_of(fan), flags[0]);
	CHECK(strcmp(flags[1], flags_of(class)) == 0, "flags %s, not %s", flags_of(class), flags[1]);
	CHECK((fcntl(blocking, F_GETFL) & O_NONBLOCK) != 0, "blocking");
	/* the restore's own going on */
	drain(fan), drain(class);

	char name[300];
	int watch, mask;
	while ((mask = next(in, &watch, name)) != 0)
		CHECK(0, "there was event %x of watch %d", mask, watch);
	touch("kept");
	expect("kept", in, kept, IN_MODIFY, ""), expect("kept", in, kept, IN_CLOSE_WRITE, "");
	touch("new-name");
	expect("renamed", in, renamed, IN_MODIFY, "");
	CHECK(write(file, "more", 4) == 4, "deleted: write");
	expect("deleted", in, deleted, IN_MODIFY, "");
	touch("directory/child");
	expect("directory", in, directory, IN_CREATE, "child");
	touch("once");
	expect("once", in, once, IN_MODIFY, ""), expect("once, at its end", in, once, IN_IGNORED, "");
	int next_watch = inotify_add_watch(in, "directory/child", IN_OPEN);
	CHECK(next_watch == once + 1, "the next watch is %d, not %d", next_watch, once + 1);

	int count;
	touch("marked");
	unsigned long long seen = reported(fan, &count);
	CHECK(seen == (FAN_MODIFY | FAN_CLOSE_WRITE), "marked: %llx", seen);
	seen = reported(class, &count);
	CHECK(seen == FAN_CLOSE_WRITE, "marked, with content: %llx", seen);
	touch("marked-directory/child");
	seen = reported(fan, &count);
	CHECK((seen & FAN_OPEN) != 0, "a child of a marked directory: %llx", seen);
	touch("mounted/other");
	seen = reported(fan, &count);
	CHECK(seen == FAN_MODIFY && count > 0, "a mount: %llx", seen);
	touch("mounted/surviving"), touch("mounted/surviving");
	seen = reported(fan, &count);
	CHECK(seen == 0, "an ignored file: %llx", seen);
	CHECK((fcntl(class, F_GETFD) & FD_CLOEXEC) != 0 && (fcntl(fan, F_GETFD) & FD_CLOEXEC) == 0, "close-on-exec");
	CHECK((fcntl(class, F_GETFL) & O_NONBLOCK) != 0, "flags");
	return finish();
}
