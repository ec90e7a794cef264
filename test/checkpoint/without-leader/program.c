/* A process whose main thread has ended; another thread goes on. */
#include "../../cases/case.h"
#include <pthread.h>

static void *goes_on(void *unused)
{
	usleep(50000);
	wait_for_restore();
	_exit(finish() != 0);
	return unused;
}

int main(void)
{
	pthread_t thread;
	MUST(pthread_create(&thread, NULL, goes_on, NULL) == 0);
	pthread_exit(NULL);
}
