/* A program with an environment, which it has changed itself if it has an argument. */
#include "../case.h"

static const char *names[] = { "GROW", "SAME", "GONE", "ADDED", "OWN" };

#define NAMES (sizeof names / sizeof *names)

static char text[20000];

/* In memory, where the restore finds it. */
static const char *kept;

static void say(const char *who, const char *name, const char *value)
{
	size_t at = strlen(text);
	if (value)
		snprintf(text + at, sizeof text - at, "%s %s %.5s %zu\n", who, name, value, strlen(value));
	else
		snprintf(text + at, sizeof text - at, "%s %s -\n", who, name);
}

static void say_all(const char *who)
{
	for (size_t n = 0; n < NAMES; n++)
		say(who, names[n], getenv(names[n]));
}

/* What the environment of /proc has, in its order. */
static void say_shown(void)
{
	static char shown[16384];
	int fd = open("/proc/self/environ", O_RDONLY);
	ssize_t length = read(fd, shown, sizeof shown - 1);
	MUST(length >= 0);
	close(fd);
	for (char *at = shown; at < shown + length; at += strlen(at) + 1)
		for (size_t n = 0; n < NAMES; n++) {
			size_t size = strlen(names[n]);
			if (strncmp(at, names[n], size) == 0 && at[size] == '=')
				say("shown", names[n], at + size + 1);
		}
}

int main(int argc, char **argv)
{
	if (argc == 3) {
		say_all("child");
		put("child", text);
		return 0;
	}
	if (argc == 2)
		MUST(setenv("OWN", "own", 1) == 0 && setenv("GROW", "other", 1) == 0);
	kept = getenv("GROW");
	wait_for_restore();
	say_all("self");
	say("kept", "GROW", kept);
	say_shown();
	pid_t child = fork();
	if (child == 0) {
		execl(argv[0], argv[0], "as", "child", NULL);
		_exit(1);
	}
	int status;
	MUST(waitpid(child, &status, 0) == child && status == 0);
	/* libc may free what is there, and make it longer. */
	for (int n = 0; n < 100; n++) {
		char name[16];
		snprintf(name, sizeof name, "NEW%d", n);
		MUST(setenv(name, "new", 1) == 0);
	}
	MUST(setenv("GROW", "again", 1) == 0 && unsetenv("SAME") == 0 && setenv("ADDED", "again", 1) == 0);
	say_all("later");
	put("verdict", text);
	return renameat(home, "verdict", home, "result");
}
