/*
 * POSIX message queues in a new IPC namespace: open with several flags, also in a thread that waits for a message; one that nobody has open, with an owner and
 * limits of its own; and one with a name that is not valid UTF-8.
 */
#include "../container.h"
#include <mqueue.h>
#include <pthread.h>

#define ODD "/\xff odd"
/* The C library calls it 0. An open(2) adds it, and mq_open(2) does not; a queue makes no use of it. */
#define LARGEFILE 0100000

static mqd_t make(const char *name, int flags, mode_t mode, long messages, long size)
{
	struct mq_attr attributes = { .mq_maxmsg = messages, .mq_msgsize = size };
	mqd_t queue = mq_open(name, O_CREAT | O_EXCL | flags, mode, &attributes);
	MUST(queue >= 0);
	return queue;
}

static void check_queue(mqd_t queue, const char *name, int flags, long messages, long size)
{
	struct mq_attr is;
	CHECK(mq_getattr(queue, &is) == 0 && is.mq_flags == (flags & O_NONBLOCK) && is.mq_maxmsg == messages && is.mq_msgsize == size && is.mq_curmsgs == 0,
	      "%s has flags %lo, %ld messages of %ld bytes", name, is.mq_flags, is.mq_maxmsg, is.mq_msgsize);
	CHECK((fcntl(queue, F_GETFL) & ~LARGEFILE) == flags, "%s has flags %o", name, fcntl(queue, F_GETFL));
}

static mqd_t waited;
static char received[100];

static void *receive(void *unused)
{
	(void)unused;
	ssize_t length = mq_receive(waited, received, sizeof received, NULL);
	CHECK(length == 5, "the thread received %zd bytes", length);
	return NULL;
}

int main(int argc, char **argv)
{
	(void)argc;
	if (access("/program", X_OK) != 0)
		MUST(unshare(CLONE_NEWIPC) == 0);
	enter_container(argv);
	home = open("/", O_RDONLY | O_DIRECTORY);
	MUST(mkdir("/queues", 0755) == 0 && mount("mqueue", "/queues", "mqueue", 0, NULL) == 0);
	umask(077);
	waited = make("/waited", O_RDONLY, 0600, 3, 100);
	mqd_t writer = mq_open("/waited", O_WRONLY | O_NONBLOCK);
	mqd_t both = make("/both", O_RDWR | O_NONBLOCK, 0600, 7, 1000);
	mqd_t odd = make(ODD, O_RDWR, 0600, 2, 64);
	int file = open("/queues/both", O_RDONLY);
	MUST(writer >= 0 && file >= 0);
	mqd_t unopened = make("/unopened", O_RDWR, 0600, 1, 8);
	MUST(fchown(unopened, 12, 34) == 0 && fchmod(unopened, 0640) == 0 && mq_close(unopened) == 0);
	pthread_t thread;
	MUST(pthread_create(&thread, NULL, receive, NULL) == 0);
	usleep(50000);
	wait_for_restore();
	check_queue(waited, "/waited", O_RDONLY, 3, 100);
	check_queue(writer, "/waited", O_WRONLY | O_NONBLOCK, 3, 100);
	check_queue(both, "/both", O_RDWR | O_NONBLOCK, 7, 1000);
	check_queue(odd, "the odd one", O_RDWR, 2, 64);
	CHECK(mq_send(writer, "hello", 5, 1) == 0, "sending");
	pthread_join(thread, NULL);
	CHECK(memcmp(received, "hello", 5) == 0, "the thread received %.5s", received);
	CHECK(mq_send(both, "one", 3, 9) == 0, "sending to /both");
	char text[100] = "";
	CHECK(read(file, text, sizeof text - 1) > 0 && strncmp(text, "QSIZE:3 ", 8) == 0, "the file says %s", text);
	struct stat is;
	unopened = mq_open("/unopened", O_RDONLY);
	check_queue(unopened, "/unopened", O_RDONLY, 1, 8);
	CHECK(fstat(unopened, &is) == 0 && is.st_uid == 12 && is.st_gid == 34 && is.st_mode == (S_IFREG | 0640), "/unopened belongs to %d:%d, mode %o", is.st_uid, is.st_gid, is.st_mode);
	return finish();
}
