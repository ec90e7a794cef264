/* Tasks in three mount namespaces with shared, slave and private mounts. Each task has its own files, directories and root. */
#include "../container.h"

static void make(const char *path)
{
	MUST(mkdir(path, 0755) == 0);
}

static void mount_tmpfs(const char *on, const char *file)
{
	char path[128];
	MUST(mount("some", on, "tmpfs", 0, "size=1024k,mode=750") == 0);
	snprintf(path, sizeof path, "%s/%s", on, file);
	put(path, on);
}

/* The requests to a child, and its answers. */
struct talk {
	int ask[2], answer[2];
};

static void answer(struct talk *talk, const char *text)
{
	MUST(write(talk->answer[1], text, strlen(text) + 1) > 0);
}

/* A child that prepares its own namespace, waits, and examines the namespace. */
static pid_t start(struct talk *talk, void (*prepare)(void), void (*look)(void))
{
	char byte;
	MUST(pipe(talk->ask) == 0 && pipe(talk->answer) == 0);
	pid_t child = fork();
	MUST(child >= 0);
	if (child == 0) {
		prepare();
		answer(talk, "ready");
		MUST(read(talk->ask[0], &byte, 1) == 1);
		look();
		answer(talk, *failures ? failures : "pass");
		MUST(read(talk->ask[0], &byte, 1) == 1);
		_exit(0);
	}
	char text[4000];
	MUST(read(talk->answer[0], text, sizeof text) > 0 && strcmp(text, "ready") == 0);
	return child;
}

static void ask(struct talk *talk, const char *who)
{
	char text[4000] = "";
	MUST(write(talk->ask[1], "", 1) == 1 && read(talk->answer[0], text, sizeof text) > 0);
	CHECK(strcmp(text, "pass") == 0, "%s: %s", who, text);
}

static pid_t caged;
static int own, foreign, gone, mapped_fd;
static char *mapped;

/* Has peers of the parent's shared mounts, a slave mount and private mounts, with a directory and a root below them. */
static void prepare_first(void)
{
	MUST(unshare(CLONE_NEWNS) == 0);
	MUST(mount(NULL, "/slave", NULL, MS_SLAVE, NULL) == 0);
	MUST(mount(NULL, "/chain", NULL, MS_SLAVE, NULL) == 0 && mount(NULL, "/chain", NULL, MS_SHARED, NULL) == 0);
	mount_tmpfs("/own", "first");
	make("/own/root"), make("/own/root/cwd");
	put("/own/root/inside", "in it");
	put("/own/gone", "deleted");
	put("/own/mapped", "mapped here");
	gone = open("/own/gone", O_RDWR);
	MUST(unlink("/own/gone") == 0);
	own = open("/own/first", O_RDWR);
	mapped_fd = open("/own/mapped", O_RDWR);
	mapped = mmap(NULL, 4096, PROT_READ, MAP_SHARED, mapped_fd, 0);
	MUST(own >= 0 && mapped != MAP_FAILED && chdir("/own/root") == 0);
	/* CRIU reads the mounts of a namespace from its first task, whose root must be the root of the namespace. */
	caged = fork();
	if (caged == 0) {
		MUST(chroot("/own/root") == 0 && chdir("/cwd") == 0);
		for (;;)
			pause();
	}
}

static void check_link(const char *name, const char *target)
{
	char path[64], found[256] = "";
	snprintf(path, sizeof path, "/proc/%d/%s", caged, name);
	CHECK(readlink(path, found, sizeof found - 1) > 0 && strcmp(found, target) == 0, "%s of the caged one is %s", name, found);
}

static void look_first(void)
{
	char here[100] = "";
	CHECK(getcwd(here, sizeof here) && strcmp(here, "/own/root") == 0, "its directory is %s", here);
	check_link("root", "/own/root");
	check_link("cwd", "/own/root/cwd");
	kill(caged, SIGKILL);
	waitpid(caged, NULL, 0);
	CHECK(has(own, "/own"), "its file is another");
	CHECK(has(gone, "deleted") && lseek(gone, 0, SEEK_END) == 7, "its deleted file is another");
	CHECK(memcmp(mapped, "mapped here", 11) == 0, "its mapping is another");
}

/* Has another root, and an open file of the namespace that it came from. */
static void prepare_second(void)
{
	foreign = open("/shared/file", O_RDWR);
	MUST(foreign >= 0 && unshare(CLONE_NEWNS) == 0);
	MUST(mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) == 0);
	mount_tmpfs("/own", "second");
	make("/own/proc");
	MUST(mount("/proc", "/own/proc", NULL, MS_BIND, NULL) == 0);
	make("/own/all");
	MUST(mount("/", "/own/all", NULL, MS_BIND, NULL) == 0);
	MUST(chdir("/own") == 0);
	pivot();
	own = open("/second", O_RDWR);
}

static void look_second(void)
{
	CHECK(has(own, "/own"), "its file is another");
	CHECK(has(foreign, "/shared"), "its file of another namespace is another");
	CHECK(access("/second", F_OK) == 0 && access("/all/program", F_OK) == 0, "its root is another");
}

/* Whether a task sees a file in one of its mounts. */
static int sees(pid_t pid, const char *path)
{
	char whole[300];
	snprintf(whole, sizeof whole, "/proc/%d/root%s", pid, path);
	return access(whole, F_OK) == 0;
}

int main(int argc, char **argv)
{
	(void)argc;
	enter_container(argv);
	make("/shared"), make("/slave"), make("/chain"), make("/private"), make("/own");
	mount_tmpfs("/shared", "file");
	mount_tmpfs("/slave", "file");
	mount_tmpfs("/chain", "file");
	mount_tmpfs("/private", "file");
	make("/shared/on"), make("/slave/on"), make("/chain/on"), make("/private/on");
	MUST(mount(NULL, "/shared", NULL, MS_SHARED, NULL) == 0 && mount(NULL, "/slave", NULL, MS_SHARED, NULL) == 0);
	MUST(mount(NULL, "/chain", NULL, MS_SHARED, NULL) == 0);
	struct talk first_talk, second_talk;
	pid_t first = start(&first_talk, prepare_first, look_first);
	pid_t second = start(&second_talk, prepare_second, look_second);
	pid_t tasks[] = { getpid(), first, second };
	char *before = describe_mounts(tasks, 3);
	wait_for_restore();
	check_mounts(tasks, 3, before);
	ask(&first_talk, "first");
	ask(&second_talk, "second");
	/* Checks the peer groups: a new mount here appears there, or does not. */
	MUST(mount("more", "/shared/on", "tmpfs", 0, NULL) == 0);
	char line[256], path[64];
	int seen[2] = { 0, 0 };
	for (int n = 0; n < 2; n++) {
		snprintf(path, sizeof path, "/proc/%d/mountinfo", n ? second : first);
		FILE *file = fopen(path, "r");
		while (file && fgets(line, sizeof line, file))
			seen[n] |= strstr(line, "/shared/on ") != NULL;
		if (file)
			fclose(file);
	}
	CHECK(seen[0], "what is mounted in the parent's namespace does not come to its peer");
	CHECK(sees(second, "/all/program"), "the bind in the second namespace is gone");
	CHECK(write(first_talk.ask[1], "", 1) == 1 && write(second_talk.ask[1], "", 1) == 1, "the children are gone");
	waitpid(first, NULL, 0), waitpid(second, NULL, 0);
	return finish();
}
