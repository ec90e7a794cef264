/* Open namespace files of every kind, some of them shared between tasks. */
#include "../case.h"
#include <sched.h>

static const char *kinds[] = { "pid", "net", "ipc", "uts", "mnt", "user", "cgroup", "time" };
#define KINDS (sizeof kinds / sizeof *kinds)

static int of(const char *kind)
{
	char path[64];
	snprintf(path, sizeof path, "/proc/self/ns/%s", kind);
	return open(path, O_RDONLY | O_CLOEXEC);
}

int main(void)
{
	int files[KINDS], same[KINDS];
	for (unsigned n = 0; n < KINDS; n++) {
		files[n] = of(kinds[n]), same[n] = dup(files[n]);
		MUST(files[n] >= 0 && same[n] >= 0);
	}
	pid_t child = fork();
	MUST(child >= 0);
	if (child == 0) {
		wait_for_restore();
		_exit(setns(files[2], CLONE_NEWIPC) == 0 ? 0 : 1);
	}

	wait_for_restore();

	for (unsigned n = 0; n < KINDS; n++) {
		struct stat found, wanted;
		int now = of(kinds[n]);
		CHECK(fstat(files[n], &found) == 0 && fstat(now, &wanted) == 0, "%s", kinds[n]);
		CHECK(found.st_ino == wanted.st_ino && found.st_dev == wanted.st_dev, "%s is another: %s", kinds[n], name_of(files[n]));
		CHECK(fcntl(files[n], F_GETFD) == FD_CLOEXEC && fcntl(same[n], F_GETFD) == 0, "%s: close-on-exec", kinds[n]);
	}
	CHECK(setns(files[3], CLONE_NEWUTS) == 0, "entering");
	int status = -1;
	CHECK(waitpid(child, &status, 0) == child && status == 0, "the child could not enter");
	return finish();
}
