/* Pipes with unusual capacities, modes and ends; signals of pipes and sockets. */
#include "../case.h"
#include <sys/socket.h>

static int caught[64];

static void note(int signal, siginfo_t *info, void *unused)
{
	(void)unused;
	caught[signal] = signal >= SIGRTMIN ? info->si_fd + 1 : 1;
}

static void hear(const char *what, int fd, const char *text)
{
	char found[64] = "";
	ssize_t length = read(fd, found, sizeof found - 1);
	CHECK(length == (ssize_t)strlen(text) && strcmp(found, text) == 0, "%s: '%s'", what, found);
}

static int flags(int fd, int wanted)
{
	return (fcntl(fd, F_GETFL) & wanted) == wanted;
}

int main(void)
{
	struct sigaction action = { .sa_sigaction = note, .sa_flags = SA_SIGINFO };
	MUST(sigaction(SIGIO, &action, NULL) == 0 && sigaction(SIGRTMIN + 1, &action, NULL) == 0 && sigaction(SIGRTMIN + 2, &action, NULL) == 0);

	int small[2], large[2], orphan[2], widow[2], again[2], both[2], signals[2], pair[2], empty[2];
	MUST(pipe2(small, O_CLOEXEC) == 0 && fcntl(small[1], F_SETPIPE_SZ, 4096) == 4096);
	MUST(pipe2(large, O_NONBLOCK) == 0 && fcntl(large[0], F_SETPIPE_SZ, 1 << 20) == 1 << 20);
	static char block[300000];
	memset(block, 'b', sizeof block);
	MUST(write(large[1], block, sizeof block) == sizeof block);
	MUST(pipe(orphan) == 0 && write(orphan[1], "left", 4) == 4 && close(orphan[1]) == 0);
	MUST(pipe(widow) == 0 && close(widow[0]) == 0);
	MUST(pipe(empty) == 0 && fcntl(empty[1], F_SETFL, O_NONBLOCK) == 0);

	/* an end that was reopened with other flags, and one for both directions */
	char path[64];
	MUST(pipe(again) == 0);
	snprintf(path, sizeof path, "/proc/self/fd/%d", again[0]);
	int reader = open(path, O_RDONLY | O_NONBLOCK);
	MUST(reader >= 0 && write(again[1], "again", 5) == 5);
	MUST(pipe(both) == 0);
	snprintf(path, sizeof path, "/proc/self/fd/%d", both[0]);
	int two_way = open(path, O_RDWR);
	MUST(two_way >= 0);

	MUST(pipe(signals) == 0 && fcntl(signals[0], F_SETOWN, getpid()) == 0 && fcntl(signals[0], F_SETSIG, SIGRTMIN + 1) == 0);
	MUST(fcntl(signals[0], F_SETFL, O_ASYNC | O_NONBLOCK) == 0);
	MUST(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) == 0 && fcntl(pair[1], F_SETOWN, getpid()) == 0);
	MUST(fcntl(pair[1], F_SETSIG, SIGRTMIN + 2) == 0 && fcntl(pair[1], F_SETFL, O_ASYNC) == 0);

	wait_for_restore();

	CHECK(fcntl(small[0], F_GETPIPE_SZ) == 4096 && fcntl(large[1], F_GETPIPE_SZ) == 1 << 20, "capacities");
	CHECK(fcntl(small[0], F_GETFD) == FD_CLOEXEC && fcntl(large[0], F_GETFD) == 0, "close-on-exec");
	CHECK(flags(large[0], O_NONBLOCK) && flags(large[1], O_NONBLOCK), "flags");
	static char back[sizeof block];
	CHECK(read(large[0], back, sizeof back) == sizeof back && memcmp(block, back, sizeof back) == 0, "a large pipe");
	hear("orphan", orphan[0], "left"), hear("orphan, at its end", orphan[0], "");
	signal(SIGPIPE, SIG_IGN);
	CHECK(write(widow[1], "x", 1) < 0 && errno == EPIPE, "widow");
	CHECK(!flags(empty[0], O_NONBLOCK) && flags(empty[1], O_NONBLOCK), "flags of the two ends");

	CHECK(flags(reader, O_NONBLOCK) && !flags(again[0], O_NONBLOCK), "an end opened again: flags");
	hear("an end opened again", reader, "again");
	CHECK(write(again[1], "more", 4) == 4, "an end opened again");
	hear("an end opened again", again[0], "more");
	CHECK((fcntl(two_way, F_GETFL) & O_ACCMODE) == O_RDWR, "both directions: flags");
	CHECK(write(two_way, "round", 5) == 5, "both directions");
	hear("both directions", both[0], "round");
	CHECK(write(both[1], "back", 4) == 4, "both directions");
	hear("both directions", two_way, "back");

	CHECK(!caught[SIGRTMIN + 1] && !caught[SIGRTMIN + 2] && !caught[SIGIO], "the restore has sent signals");
	CHECK(write(signals[1], "x", 1) == 1 && caught[SIGRTMIN + 1] == signals[0] + 1, "a pipe's signal: of %d", caught[SIGRTMIN + 1] - 1);
	CHECK(send(pair[0], "x", 1, 0) == 1 && caught[SIGRTMIN + 2] == pair[1] + 1, "a socket's signal: of %d", caught[SIGRTMIN + 2] - 1);
	return finish();
}
