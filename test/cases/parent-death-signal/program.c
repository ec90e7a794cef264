/* Parent death signals of the root task and of its child: the end of the restore must not send them. */
#include "../case.h"
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

static int value(void)
{
	int signal = 0;
	prctl(PR_GET_PDEATHSIG, &signal);
	return signal;
}

int main(void)
{
	MUST(prctl(PR_SET_PDEATHSIG, SIGTERM) == 0);
	int ready[2], go[2];
	MUST(pipe(ready) == 0 && pipe(go) == 0);
	pid_t child = fork();
	MUST(child >= 0);
	char byte = 0;
	if (child == 0) {
		MUST(prctl(PR_SET_PDEATHSIG, SIGUSR1) == 0 && write(ready[1], &byte, 1) == 1 && read(go[0], &byte, 1) == 1);
		_exit(value() == SIGUSR1 ? 0 : 1);
	}
	MUST(read(ready[0], &byte, 1) == 1);
	wait_for_restore();
	CHECK(value() == SIGTERM, "parent death signal %d", value());
	int status = -1;
	MUST(write(go[1], &byte, 1) == 1);
	CHECK(waitpid(child, &status, 0) == child && status == 0, "the child has ended with %x", status);
	return finish();
}
