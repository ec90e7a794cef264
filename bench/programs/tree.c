/* tree N PID: N small tasks with the pids from PID; the first is the parent of the others. Prints a line when all exist. */
#include "begin.h"

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	int tasks = atoi(argv[1]), first = atoi(argv[2]);
	int end = begin_at(first);
	leave_terminal();
	for (int n = 1; n < tasks; n++)
		if (fork_at(first + n) == 0) {
			close(end);
			for (;;)
				pause();
		}
	say_ready(end);
	for (;;)
		pause();
}
