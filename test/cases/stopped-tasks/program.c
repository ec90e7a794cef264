/*
 * Stopped children: by SIGSTOP, already reported to the parent or not; by SIGTSTP, with threads and pending signals. SIGCONT continues them
 * all.
 */
#include "../case.h"
#include <pthread.h>

static int events[2];

static void say(char what)
{
	MUST(write(events[1], &what, 1) == 1);
}

static void on_cont(int signal)
{
	(void)signal;
	say('c');
}

static void on_usr1(int signal)
{
	(void)signal;
	say('u');
}

static void *run(void *unused)
{
	for (;;)
		pause();
	return unused;
}

/* The state of its threads when they agree, else '?'. */
static char state_of(pid_t pid)
{
	char path[300], line[256], state = '-';
	snprintf(path, sizeof path, "/proc/%d/task", pid);
	DIR *threads = opendir(path);
	if (threads == NULL)
		return '-';
	for (struct dirent *thread; (thread = readdir(threads)) != NULL;) {
		if (thread->d_name[0] == '.')
			continue;
		snprintf(path, sizeof path, "/proc/%d/task/%s/stat", pid, thread->d_name);
		FILE *stat = fopen(path, "r");
		if (stat == NULL)
			continue;
		if (fgets(line, sizeof line, stat) != NULL) {
			char found = strrchr(line, ')')[2];
			state = state == '-' || state == found ? found : '?';
		}
		fclose(stat);
	}
	closedir(threads);
	return state;
}

static pid_t start(int with_threads)
{
	pid_t pid = fork();
	MUST(pid >= 0);
	if (pid > 0)
		return pid;
	signal(SIGCONT, on_cont);
	signal(SIGUSR1, on_usr1);
	if (with_threads) {
		/* An orphaned process group ignores terminal stop signals. */
		MUST(setpgid(0, 0) == 0);
		pthread_t thread;
		for (int n = 0; n < 3; n++)
			MUST(pthread_create(&thread, NULL, run, NULL) == 0);
	}
	say('r');
	for (;;)
		pause();
}

static void expect(const char *all)
{
	char found[32] = "";
	int length = strlen(all);
	struct pollfd ready = { .fd = events[0], .events = POLLIN };
	for (int n = 0; n < length && poll(&ready, 1, 5000) == 1; n++)
		MUST(read(events[0], found + n, 1) == 1);
	CHECK(strcmp(found, all) == 0, "expected %s, found %s", all, found);
}

/* A signal that is sent while one thread still runs finds that thread, and ends the process. */
static void stop(pid_t pid, int signal)
{
	MUST(kill(pid, signal) == 0);
	while (state_of(pid) != 'T')
		usleep(1000);
}

int main(void)
{
	int status;
	MUST(pipe(events) == 0);
	pid_t known = start(0), unknown = start(0), threads = start(1), dying = start(1);
	expect("rrrr");
	stop(known, SIGSTOP);
	MUST(waitpid(known, &status, WUNTRACED) == known && WIFSTOPPED(status));
	stop(unknown, SIGSTOP);
	stop(threads, SIGTSTP);
	MUST(kill(threads, SIGUSR1) == 0);
	stop(dying, SIGTSTP);
	MUST(kill(dying, SIGTERM) == 0);
	wait_for_restore();
	CHECK(state_of(known) == 'T' && state_of(unknown) == 'T' && state_of(threads) == 'T' && state_of(dying) == 'T', "states are %c%c%c%c",
	      state_of(known), state_of(unknown), state_of(threads), state_of(dying));
	struct pollfd silent = { .fd = events[0], .events = POLLIN };
	CHECK(poll(&silent, 1, 100) == 0, "somebody runs");
	MUST(kill(known, SIGCONT) == 0);
	expect("c");
	MUST(kill(unknown, SIGCONT) == 0);
	expect("c");
	MUST(kill(threads, SIGCONT) == 0);
	char found[3] = "";
	for (int n = 0; n < 2 && poll(&silent, 1, 5000) == 1; n++)
		MUST(read(events[0], found + n, 1) == 1);
	CHECK(strchr(found, 'c') != NULL && strchr(found, 'u') != NULL, "found %s", found);
	MUST(kill(dying, SIGCONT) == 0);
	CHECK(waitpid(dying, &status, 0) == dying && WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM, "status %x", status);
	kill(known, SIGKILL), kill(unknown, SIGKILL), kill(threads, SIGKILL);
	return finish();
}
