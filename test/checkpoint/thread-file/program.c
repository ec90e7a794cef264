/* A process with an open file in /proc of its second thread. */
#include "../../cases/case.h"
#include <pthread.h>
#include <sys/syscall.h>

static _Atomic int thread_id;

static void *waits(void *unused)
{
	thread_id = syscall(SYS_gettid);
	for (;;)
		pause();
	return unused;
}

int main(void)
{
	char path[64];
	pthread_t thread;
	MUST(pthread_create(&thread, NULL, waits, NULL) == 0);
	while (thread_id == 0)
		usleep(1000);
	snprintf(path, sizeof path, "/proc/%d/task/%d/comm", getpid(), thread_id);
	MUST(open(path, O_RDONLY) >= 0);
	wait_for_restore();
	return finish();
}
