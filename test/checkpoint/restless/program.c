/* A tree that changes all the time: tasks that fork, vfork, start threads, execute programs from a thread, and get signals. */
#include "../../cases/case.h"
#include <pthread.h>

#define DUTIES 5
static char *program;

static int is_over(void)
{
	static int rounds;
	/* Ten minutes, like wait_for_restore(). */
	if (++rounds > 300000)
		exit(2);
	struct timespec pause = { 0, 2000000 };
	nanosleep(&pause, NULL);
	return faccessat(home, "go", F_OK, 0) == 0;
}

static int forks(void)
{
	for (int n = 0; !is_over(); n++) {
		int status;
		pid_t child = fork();
		if (child == 0)
			_exit(n & 0x7f);
		if (child < 0 || waitpid(child, &status, 0) != child || status != (n & 0x7f) << 8)
			return 1;
	}
	return 0;
}

static int vforks(void)
{
	for (int n = 0; !is_over(); n++) {
		int status;
		volatile int seen = 0;
		pid_t child = vfork();
		if (child == 0) {
			seen = n;
			_exit(7);
		}
		if (child < 0 || waitpid(child, &status, 0) != child || status != 7 << 8 || seen != n)
			return 1;
	}
	return 0;
}

static void *add(void *number)
{
	return (char *)number + 1;
}

static int starts_threads(void)
{
	for (size_t n = 0; !is_over(); n++) {
		pthread_t thread;
		void *result;
		if (pthread_create(&thread, NULL, add, (void *)n) || pthread_join(thread, &result) || result != (void *)(n + 1))
			return 1;
	}
	return 0;
}

static void *execute(void *number)
{
	char text[20];
	snprintf(text, sizeof text, "%d", (int)(size_t)number);
	execl(program, program, text, NULL);
	_exit(1);
}

/* The thread takes the place of the whole process. */
static int executes(int count)
{
	if (is_over())
		return count > 0 ? 0 : 1;
	pthread_t thread;
	if (pthread_create(&thread, NULL, execute, (void *)(size_t)(count + 1)))
		return 1;
	for (;;)
		pause();
}

static volatile int expected, wrong;

static void on_signal(int signal, siginfo_t *info, void *context)
{
	(void)signal, (void)context;
	if (info->si_value.sival_int != expected++)
		wrong = 1;
}

static int gets_signals(void)
{
	struct sigaction action = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO };
	sigaction(SIGRTMIN, &action, NULL);
	int sent = 0;
	while (!is_over())
		for (int n = 0; n < 3; n++)
			if (sigqueue(getpid(), SIGRTMIN, (union sigval){ .sival_int = sent++ }))
				return 1;
	return wrong || expected != sent;
}

int main(int count, char **arguments)
{
	program = "../program";
	if (count > 1)
		return executes(atoi(arguments[1]));
	pid_t tasks[DUTIES];
	for (int n = 0; n < DUTIES; n++) {
		tasks[n] = fork();
		MUST(tasks[n] >= 0);
		if (tasks[n] == 0)
			exit(n == 0 ? forks() : n == 1 ? vforks() : n == 2 ? starts_threads() : n == 3 ? gets_signals() : executes(0));
	}
	wait_for_restore();
	for (int n = 0; n < DUTIES; n++) {
		int status = -1;
		CHECK(waitpid(tasks[n], &status, 0) == tasks[n] && status == 0, "task %d ends with %x", n, status);
	}
	return finish();
}
