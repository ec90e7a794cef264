/* The frame of a program that is checkpointed and restored, and then checks its own state. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char failures[4000];

/* The directory in which the program reports its progress. */
static int home = AT_FDCWD;

/* Records a failed check. */
#define CHECK(condition, ...) \
	do { \
		if (!(condition)) { \
			size_t at = strlen(failures); \
			at += snprintf(failures + at, sizeof failures - at, __VA_ARGS__); \
			snprintf(failures + at, sizeof failures - at, " (errno %d); ", errno); \
		} \
	} while (0)

/* Ends the program if its setup fails. */
#define MUST(condition) \
	do { \
		if (!(condition)) { \
			perror(#condition); \
			exit(1); \
		} \
	} while (0)

static inline void put(const char *path, const char *text)
{
	int fd = openat(home, path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	MUST(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
}

/* Waits until the parent, which knows the pid of this task outside its pid namespace, has put it into the file "tree". */
static inline void wait_for_name(void)
{
	struct stat file;
	for (int n = 0; n < 2000; n++) {
		if (fstatat(home, "tree", &file, 0) == 0 && file.st_size > 0)
			return;
		usleep(5000);
	}
	exit(1);
}

/* Reports that the setup is complete, and waits for the restore. */
static inline void wait_for_restore(void)
{
	put("ready", "");
	struct timespec pause = { 0, 5000000 };
	/* Ten minutes, should nobody end it: on a busy machine a test can take that long. */
	for (int n = 0; n < 120000; n++) {
		if (faccessat(home, "go", F_OK, 0) == 0)
			return;
		nanosleep(&pause, NULL);
	}
	exit(1);
}

/* Writes the result. The file appears when it is complete. */
static inline int finish(void)
{
	put("verdict", *failures ? failures : "pass");
	return renameat(home, "verdict", home, "result");
}

static inline int has(int fd, const char *text)
{
	char found[256] = "";
	ssize_t length = strlen(text);
	return pread(fd, found, sizeof found, 0) == length && memcmp(found, text, length) == 0;
}

/* The name of an open file as /proc shows it. */
static inline const char *name_of(int fd)
{
	static char name[4096];
	char link[64];
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	ssize_t length = readlink(link, name, sizeof name - 1);
	name[length < 0 ? 0 : length] = 0;
	return name;
}

static inline int ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), tail = strlen(end);
	return length >= tail && strcmp(text + length - tail, end) == 0;
}
