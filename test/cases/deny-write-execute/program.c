/* Processes that must not have memory that is writable and executable, one of them with threads. */
#include "../case.h"
#include <pthread.h>
#include <sys/prctl.h>

static void *sleeps(void *unused)
{
	for (;;)
		pause();
	return unused;
}

static void check(const char *who, int flags)
{
	int found = prctl(66 /* PR_GET_MDWE */, 0, 0, 0, 0);
	CHECK(found == flags, "%s: PR_GET_MDWE is %d", who, found);
	char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(mprotect(page, 4096, PROT_READ | PROT_EXEC) < 0 && errno == EACCES, "%s: memory can become executable", who);
}

int main(void)
{
	pthread_t thread;
	pid_t child = fork();
	MUST(child >= 0);
	if (child == 0) {
		MUST(prctl(65 /* PR_SET_MDWE */, 1, 0, 0, 0) == 0);
		wait_for_restore();
		check("child", 1);
		_exit(*failures != 0);
	}
	/* PR_MDWE_REFUSE_EXEC_GAIN | PR_MDWE_NO_INHERIT */
	MUST(prctl(65, 3, 0, 0, 0) == 0);
	for (int n = 0; n < 3; n++)
		MUST(pthread_create(&thread, NULL, sleeps, NULL) == 0);
	wait_for_restore();
	check("parent", 3);
	int status;
	CHECK(waitpid(child, &status, 0) == child && status == 0, "the child");
	return finish();
}
