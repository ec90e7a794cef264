/* The frame of a program in a new mount namespace, whose root is the directory that it started in. */
#include "case.h"
#include <linux/sched.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/syscall.h>

#define MAX_MOUNTS 200

static inline void copy_file(const char *from, const char *to)
{
	static char bytes[1 << 16];
	int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0755);
	ssize_t length;
	MUST(in >= 0 && out >= 0);
	while ((length = read(in, bytes, sizeof bytes)) > 0)
		MUST(write(out, bytes, length) == length);
	close(in), close(out);
}

/* Makes the working directory the root. */
static inline void pivot(void)
{
	MUST(syscall(SYS_pivot_root, ".", ".") == 0 && umount2(".", MNT_DETACH) == 0 && chdir("/") == 0);
}

/* Executes the program again in a new mount namespace with only the working directory and /proc. Call it first. */
static inline void enter_container(char **argv)
{
	char here[4096];
	if (access("/program", X_OK) == 0)
		return;
	MUST(getcwd(here, sizeof here) && unshare(CLONE_NEWNS) == 0);
	MUST(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	MUST(mount(here, here, NULL, MS_BIND, NULL) == 0 && chdir(here) == 0);
	copy_file("/proc/self/exe", "program");
	MUST(mkdir("proc", 0755) == 0);
	pivot();
	MUST(mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) == 0);
	/* What was open is outside. */
	int messages = open("messages", O_RDWR | O_CREAT | O_APPEND, 0644);
	for (int fd = 0; fd < 3; fd++)
		MUST(dup2(messages, fd) == fd);
	close(messages);
	execv("/program", argv);
	exit(1);
}

/* Overwrites a file that exists. */
static inline void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	MUST(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text) && close(fd) == 0);
}

/*
 * Makes the working directory the root of a mount namespace that is new already, and executes the program again in it. It has a directory proc.
 * `make_mounts` mounts what it needs of the host there.
 */
static inline void enter_with(char **argv, void (*make_mounts)(void))
{
	char here[4096];
	MUST(getcwd(here, sizeof here) && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	MUST(mount(here, here, NULL, MS_BIND, NULL) == 0 && chdir(here) == 0);
	copy_file("/proc/self/exe", "program");
	/* In a user namespace, proc can be mounted only while another one is visible. */
	MUST(mount("proc", "proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) == 0);
	make_mounts();
	pivot();
	execv("/program", argv);
	exit(1);
}

static inline void no_mounts(void)
{
}

static inline void enter(char **argv)
{
	enter_with(argv, no_mounts);
}

/*
 * Starts the program again as the first process of a container with a user namespace, in which the user 100000 of the host is root, and waits until the
 * container has written the file "opened". Says which tree to checkpoint. If the test has made a link to the processes of a cgroup, the container is in it.
 */
static inline pid_t start_container(char **argv, unsigned long namespaces, void (*make_mounts)(void))
{
	int ready[2];
	char path[100], byte;
	MUST(pipe2(ready, O_CLOEXEC) == 0);
	struct clone_args args = { .flags = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWUSER | CLONE_NEWIPC | CLONE_NEWUTS | namespaces, .exit_signal = SIGCHLD };
	pid_t pid = syscall(SYS_clone3, &args, sizeof args);
	MUST(pid >= 0);
	if (pid == 0) {
		MUST(read(ready[0], &byte, 1) == 1);
		MUST(setresgid(0, 0, 0) == 0 && setresuid(0, 0, 0) == 0);
		enter_with(argv, make_mounts);
	}
	snprintf(path, sizeof path, "/proc/%d/uid_map", pid);
	write_file(path, "0 100000 1000\n");
	snprintf(path, sizeof path, "/proc/%d/gid_map", pid);
	write_file(path, "0 100000 1000\n");
	snprintf(path, sizeof path, "%d", pid);
	put("tree", path);
	if (access("cgroup", F_OK) == 0)
		write_file("cgroup", path);
	MUST(write(ready[1], "r", 1) == 1);
	while (access("opened", F_OK) != 0)
		usleep(5000);
	return pid;
}

struct mount_line {
	int id, parent, namespace, shared, master;
	char device[16], root[256], point[256], flags[128], type[32], super[512], key[1300];
};

static inline int by_key(const void *a, const void *b)
{
	return strcmp(((const struct mount_line *)a)->key, ((const struct mount_line *)b)->key);
}

static inline int number_of(const char *text, const char *name)
{
	const char *at = strstr(text, name);
	return at ? atoi(at + strlen(name)) : 0;
}

/*
 * Describes all mounts that some tasks see: parent, content, flags and peers, without the numbers of the kernel. The text is the same for equal
 * namespaces.
 */
static inline char *describe_mounts(const pid_t *pids, int count)
{
	static struct mount_line lines[MAX_MOUNTS];
	static char line[8192];
	int length = 0;
	for (int n = 0; n < count; n++) {
		char path[64];
		snprintf(path, sizeof path, "/proc/%d/mountinfo", pids[n]);
		FILE *file = fopen(path, "r");
		MUST(file);
		while (fgets(line, sizeof line, file)) {
			struct mount_line *to = &lines[length++];
			MUST(length < MAX_MOUNTS);
			char *after = strstr(line, " - ");
			*after = 0, after += 3;
			sscanf(line, "%d %d %15s %255s %255s %127s", &to->id, &to->parent, to->device, to->root, to->point, to->flags);
			sscanf(after, "%31s %*s %511[^\n]", to->type, to->super);
			to->namespace = n;
			to->shared = number_of(line, "shared:"), to->master = number_of(line, "master:");
			if (strstr(line, "unbindable"))
				strcat(to->flags, " unbindable");
			snprintf(to->key, sizeof to->key, "%d %s %s %s %s %s", n, to->point, to->type, to->root, to->flags, to->super);
		}
		fclose(file);
	}
	qsort(lines, length, sizeof *lines, by_key);
	char *text = calloc(length, 2048), *at = text;
	for (int n = 0; n < length; n++) {
		const char *parent = "?";
		int device = n, shared = n, master = n;
		for (int other = 0; other < length; other++)
			if (lines[other].id == lines[n].parent && lines[other].namespace == lines[n].namespace)
				parent = lines[other].key;
		for (int other = n; other >= 0; other--) {
			if (strcmp(lines[other].device, lines[n].device) == 0)
				device = other;
			if (lines[n].shared && lines[other].shared == lines[n].shared)
				shared = other;
		}
		for (int other = length - 1; other >= 0; other--)
			if (lines[n].master && lines[other].shared == lines[n].master)
				master = other;
		at += sprintf(at, "%s (device %d) on {%s}", lines[n].key, device, parent);
		if (lines[n].shared)
			at += sprintf(at, " shared %d", shared);
		if (lines[n].master)
			at += sprintf(at, " master %d", master);
		at += sprintf(at, "\n");
	}
	return text;
}

/* Compares the mounts with the recorded ones. */
static inline void check_mounts(const pid_t *pids, int count, const char *before)
{
	char *after = describe_mounts(pids, count);
	if (strcmp(before, after) == 0)
		return;
	put("mounts-before", before);
	put("mounts-after", after);
	CHECK(0, "mounts are others");
}
