/* Files of many types that are only in flight in a socket's queue, with their content. */
#include "../case.h"
#include "../in-flight.h"
#include <sys/eventfd.h>
#include <sys/signalfd.h>

static void check_reads(int fd, const char *what, const char *expected)
{
	char text[64] = "";
	ssize_t length = read(fd, text, sizeof text - 1);
	CHECK(length == (ssize_t)strlen(expected) && strcmp(text, expected) == 0, "%s: %zd bytes, \"%s\"", what, length, text);
}

int main(void)
{
	int pair[2], ends[2], sockets[2];
	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);

	MUST(mkfifo("fifo", 0600) == 0 && mkfifo("deleted-fifo", 0600) == 0);
	int fifo = open("fifo", O_RDWR | O_NONBLOCK), deleted_fifo = open("deleted-fifo", O_RDWR | O_NONBLOCK);
	MUST(write(fifo, "in the fifo", 11) == 11 && write(deleted_fifo, "in the deleted fifo", 19) == 19 && unlink("deleted-fifo") == 0);

	MUST(pipe2(ends, O_NONBLOCK) == 0 && write(ends[1], "in the pipe", 11) == 11);
	MUST(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, sockets) == 0);
	MUST(send(sockets[0], "in the socket", 13, 0) == 13);

	int event = eventfd(42, EFD_NONBLOCK), memory = memfd_create("memory", 0);
	MUST(write(memory, "in memory", 9) == 9 && lseek(memory, 3, SEEK_SET) == 3);
	sigset_t mask;
	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR1);
	MUST(sigprocmask(SIG_BLOCK, &mask, NULL) == 0);
	int signals = signalfd(-1, &mask, SFD_NONBLOCK);

	int file = open("file", O_RDWR | O_CREAT, 0600), deleted = open("deleted", O_RDWR | O_CREAT, 0600);
	MUST(write(file, "0123456789", 10) == 10 && lseek(file, 4, SEEK_SET) == 4);
	MUST(write(deleted, "deleted", 7) == 7 && lseek(deleted, 0, SEEK_SET) == 0 && unlink("deleted") == 0);

	int all[] = { fifo, deleted_fifo, ends[0], ends[1], sockets[0], sockets[1], event, memory, signals, file, deleted };
	int count = sizeof all / sizeof *all;
	for (int n = 0; n < count; n++)
		send_one(pair[0], all[n]);

	wait_for_restore();

	for (int n = 0; n < count; n++)
		all[n] = receive_one(pair[1]);
	check_reads(all[0], "fifo", "in the fifo");
	check_reads(all[1], "deleted fifo", "in the deleted fifo");
	check_reads(all[2], "pipe", "in the pipe");
	CHECK(write(all[3], "more", 4) == 4, "write to the pipe");
	check_reads(all[2], "pipe", "more");
	check_reads(all[5], "socket", "in the socket");
	CHECK(send(all[4], "again", 5, 0) == 5, "send");
	check_reads(all[5], "socket", "again");
	eventfd_t value = 0;
	CHECK(eventfd_read(all[6], &value) == 0 && value == 42, "the eventfd has %llu", (unsigned long long)value);
	check_reads(all[7], "memfd", "memory");
	struct signalfd_siginfo info;
	raise(SIGUSR1);
	CHECK(read(all[8], &info, sizeof info) == sizeof info && info.ssi_signo == SIGUSR1, "signalfd");
	check_reads(all[9], "file", "456789");
	check_reads(all[10], "deleted file", "deleted");
	return finish();
}
