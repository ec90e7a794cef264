/* A task and its child in an existing pid namespace, which outlives them. The file "host" has its path. */
#include "../case.h"
#include <sched.h>

static void contained(void)
{
	MUST(setsid() == getpid());
	pid_t pid = getpid(), child = fork();
	if (child == 0)
		for (;;)
			pause();
	wait_for_name();
	wait_for_restore();
	CHECK(getpid() == pid && getsid(0) == pid && pid != 1, "pid %d, session %d; was %d", getpid(), getsid(0), pid);
	CHECK(kill(child, 0) == 0 && waitpid(child, NULL, WNOHANG) == 0, "child %d", child);
	/* The init of the namespace exists, and is not a child of these tasks. */
	CHECK(kill(1, 0) == 0, "init");
	pid_t next = fork();
	if (next == 0)
		_exit(getppid() == pid ? 7 : 8);
	int status = 0;
	CHECK(next > 0 && waitpid(next, &status, 0) == next && WEXITSTATUS(status) == 7, "new child %d", next);
	kill(child, SIGKILL);
	finish();
	exit(0);
}

int main(void)
{
	char place[100] = "", text[20];
	int name = open("host", O_RDONLY);
	MUST(name >= 0 && read(name, place, sizeof place - 1) > 0 && close(name) == 0);
	int outside = open(place, O_RDONLY | O_CLOEXEC);
	MUST(outside >= 0 && setns(outside, CLONE_NEWPID) == 0 && close(outside) == 0);
	pid_t pid = fork();
	if (pid == 0)
		contained();
	snprintf(text, sizeof text, "%d", pid);
	put("tree", text);
	return waitpid(pid, NULL, 0) == pid ? 0 : 1;
}
