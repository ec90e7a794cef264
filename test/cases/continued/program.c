/* Three tasks that get a SIGCONT while they are resumed: one has a handler, one blocks it, one ignores it. Their masks must stay as they are. */
#include "../case.h"

static volatile sig_atomic_t continued;

static void count(int signal)
{
	(void)signal;
	continued++;
}

static unsigned long long line_of(pid_t pid, const char *name)
{
	char path[64], line[256];
	unsigned long long value = ~0ULL;
	snprintf(path, sizeof path, "/proc/%d/status", pid);
	FILE *file = fopen(path, "r");
	MUST(file);
	while (fgets(line, sizeof line, file))
		if (strncmp(line, name, strlen(name)) == 0)
			value = strtoull(line + strlen(name) + 1, NULL, 16);
	fclose(file);
	return value;
}

#define BIT(signal) (1ULL << ((signal) - 1))

int main(void)
{
	sigset_t set;
	pid_t children[2];
	sigemptyset(&set);
	sigaddset(&set, SIGCONT);
	for (int n = 0; n < 2; n++) {
		children[n] = fork();
		MUST(children[n] >= 0);
		if (children[n] == 0) {
			if (n == 0)
				MUST(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
			for (;;)
				pause();
		}
	}
	MUST(signal(SIGCONT, count) != SIG_ERR);
	usleep(50000);
	wait_for_restore();
	CHECK(continued == 1, "the handler ran %d times", continued);
	CHECK(line_of(getpid(), "SigBlk") == 0, "the parent blocks %llx", line_of(getpid(), "SigBlk"));
	CHECK(line_of(children[0], "SigBlk") == BIT(SIGCONT), "the first child blocks %llx", line_of(children[0], "SigBlk"));
	CHECK(line_of(children[0], "ShdPnd") == BIT(SIGCONT), "for the first child waits %llx", line_of(children[0], "ShdPnd"));
	CHECK(line_of(children[1], "SigBlk") == 0, "the second child blocks %llx", line_of(children[1], "SigBlk"));
	for (int n = 0; n < 2; n++) {
		MUST(kill(children[n], SIGTERM) == 0);
		int status = 0;
		CHECK(waitpid(children[n], &status, 0) == children[n] && WTERMSIG(status) == SIGTERM, "child %d ended with %x", n, status);
	}
	return finish();
}
