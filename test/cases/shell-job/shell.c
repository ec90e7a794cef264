/*
 * A shell with its own pseudoterminal and session. Runs a job in the foreground.
 *
 *     shell TYPED SHOWN COMMAND...
 *
 * Types what it reads from the fifo TYPED on the terminal, and writes the terminal's output to the file SHOWN. Exits with the status of the job.
 * JOB_GROUP=shell keeps the job in the process group of the shell.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static void must(int condition, const char *what)
{
	if (!condition) {
		perror(what);
		_exit(99);
	}
}

static int run_job(char **command)
{
	const char *group = getenv("JOB_GROUP");
	int own = !group || strcmp(group, "shell") != 0;
	signal(SIGTTOU, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	pid_t job = fork();
	must(job >= 0, "fork");
	if (job == 0) {
		if (own) {
			setpgid(0, 0);
			must(tcsetpgrp(0, getpid()) == 0, "tcsetpgrp");
		}
		signal(SIGTTOU, SIG_DFL);
		signal(SIGINT, SIG_DFL);
		execvp(command[0], command);
		must(0, command[0]);
	}
	int status;
	must(waitpid(job, &status, 0) == job, "waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int argc, char **argv)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	must(argc > 3 && master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0, "terminal");
	int typed = open(argv[1], O_RDWR | O_CLOEXEC);
	int shown = open(argv[2], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	must(typed >= 0 && shown >= 0, "files");
	pid_t shell = fork();
	must(shell >= 0, "fork");
	if (shell == 0) {
		must(setsid() >= 0, "setsid");
		int slave = open(ptsname(master), O_RDWR);
		must(slave >= 0 && ioctl(slave, TIOCSCTTY, 0) == 0, "slave");
		for (int fd = 0; fd < 3; fd++)
			dup2(slave, fd);
		close(slave);
		_exit(run_job(argv + 3));
	}
	char buffer[4096];
	for (;;) {
		struct pollfd waits[] = { { master, POLLIN, 0 }, { typed, POLLIN, 0 } };
		poll(waits, 2, 50);
		if (waits[0].revents & POLLIN) {
			ssize_t n = read(master, buffer, sizeof buffer);
			if (n > 0)
				must(write(shown, buffer, n) == n, "show");
		}
		if (waits[1].revents & POLLIN) {
			ssize_t n = read(typed, buffer, sizeof buffer);
			if (n > 0)
				must(write(master, buffer, n) == n, "type");
		}
		int status;
		if (!(waits[0].revents & POLLIN) && waitpid(shell, &status, WNOHANG) == shell)
			return WIFEXITED(status) ? WEXITSTATUS(status) : 98;
	}
}
