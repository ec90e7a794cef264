/* Open files in /proc/PID of a process that has ended. */
#include "../case.h"

int main(void)
{
	pid_t child = fork();
	if (child == 0) {
		pause();
		_exit(0);
	}
	MUST(child > 0);
	char path[64];
	snprintf(path, sizeof path, "/proc/%d", child);
	int directory = open(path, O_RDONLY | O_DIRECTORY);
	snprintf(path, sizeof path, "/proc/%d/status", child);
	int status = open(path, O_RDONLY);
	MUST(directory >= 0 && status >= 0);
	MUST(kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child);

	wait_for_restore();

	char byte;
	CHECK(read(status, &byte, 1) < 0 && errno == ESRCH, "status can be read");
	CHECK(faccessat(directory, "status", F_OK, 0) < 0, "the process is there");
	CHECK(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD, "there is a child");
	return finish();
}
