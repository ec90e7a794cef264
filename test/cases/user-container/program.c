/* A container in a user namespace, below a directory of the host that it must not enter: deleted files, links and locks in directories of another user
 * of the container, in its root and in tmpfs; if the file "links" exists, also deleted symbolic links, and a child with its own mount namespace; and a terminal with locked settings. The process that starts it stays
 * outside. */
#include "../container.h"
#include <sys/fsuid.h>
#include <termios.h>

#define OTHER 500

/* Files without the names under which they were opened. */
struct files {
	int deleted, link, folder, other_name;
};

/* Whether there are deleted symbolic links. */
static int has_links;

static struct files prepare_files(const char *directory)
{
	struct files files;
	MUST(chdir(directory) == 0);
	files.deleted = open("deleted", O_RDWR | O_CREAT, 0640);
	MUST(files.deleted >= 0 && write(files.deleted, directory, strlen(directory)) > 0 && fchown(files.deleted, OTHER, OTHER) == 0);
	MUST((!has_links || symlink("target", "link") == 0) && mkdir("folder", 0700) == 0);
	files.link = open(has_links ? "link" : ".", O_PATH | O_NOFOLLOW);
	files.folder = open("folder", O_RDONLY | O_DIRECTORY);
	files.other_name = open("name", O_RDWR | O_CREAT, 0600);
	MUST(files.link >= 0 && files.folder >= 0 && files.other_name >= 0 && write(files.other_name, "linked", 6) == 6);
	MUST(link("name", "kept") == 0 && unlink("name") == 0 && (!has_links || unlink("link") == 0) && unlink("deleted") == 0 && rmdir("folder") == 0);
	MUST(chdir("/") == 0);
	return files;
}

static void check_files(const struct files *files, const char *directory)
{
	char kept[64], target[16] = "";
	struct stat of, other;
	CHECK(has(files->deleted, directory) && fstat(files->deleted, &of) == 0 && of.st_nlink == 0, "deleted file of %s", directory);
	CHECK(of.st_uid == OTHER && (of.st_mode & 0777) == 0640, "deleted file of %s: user %d, mode %o", directory, of.st_uid, of.st_mode);
	CHECK(!has_links || (readlinkat(files->link, "", target, sizeof target - 1) == 6 && strcmp(target, "target") == 0), "deleted link of %s", directory);
	CHECK(fstat(files->folder, &of) == 0 && of.st_nlink == 0, "deleted directory of %s", directory);
	snprintf(kept, sizeof kept, "%s/kept", directory);
	CHECK(fstat(files->other_name, &of) == 0 && stat(kept, &other) == 0 && of.st_ino == other.st_ino, "file with another name in %s", directory);
}

static void mount_scratch(const char *on)
{
	char path[64];
	MUST(mount("scratch", on, "tmpfs", MS_NOSUID, "size=2m,mode=1777") == 0);
	snprintf(path, sizeof path, "%s/other", on);
	MUST(mkdir(path, 0700) == 0 && chown(path, OTHER, OTHER) == 0);
}

static pid_t start_child(int ask[2], int answer[2])
{
	char byte;
	MUST(pipe(ask) == 0 && pipe(answer) == 0);
	pid_t child = fork();
	if (child != 0)
		return child;
	/* The first process types one on the terminal. */
	signal(SIGINT, SIG_IGN);
	MUST(unshare(CLONE_NEWNS) == 0);
	mount_scratch("/sub");
	struct files files = prepare_files("/sub/other"), root = prepare_files("/other/child");
	MUST(write(answer[1], "", 1) == 1 && read(ask[0], &byte, 1) == 1);
	check_files(&files, "/sub/other");
	check_files(&root, "/other/child");
	MUST(write(answer[1], failures, strlen(failures) + 1) > 0 && read(ask[0], &byte, 1) == 0);
	_exit(0);
}

static int contained(void)
{
	char byte, text[4000] = "";
	int ask[2], answer[2], unlock = 0;
	has_links = access("links", F_OK) == 0;
	MUST(getpid() == 1 && setsid() == 1);
	mount_scratch("/tmp");
	MUST(mount("devpts", "/pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620") == 0);
	close(0), close(1), close(2);
	int master = open("/pts/ptmx", O_RDWR | O_NOCTTY);
	MUST(master == 0 && ioctl(master, TIOCSPTLCK, &unlock) == 0);
	int slave = open("/pts/0", O_RDWR);
	struct termios settings, locked;
	MUST(slave == 1 && tcgetattr(slave, &settings) == 0);
	settings.c_lflag &= ~ECHO;
	MUST(tcsetattr(slave, TCSANOW, &settings) == 0);
	struct files root = prepare_files("/other"), scratch = prepare_files("/tmp/other");
	int leased = open("/other/leased", O_RDONLY);
	setfsuid(OTHER);
	MUST(leased >= 0 && fcntl(leased, F_SETLEASE, F_RDLCK) == 0);
	setfsuid(0);
	pid_t child = has_links ? start_child(ask, answer) : 0;
	MUST(!child || read(answer[0], &byte, 1) == 1);
	put("opened", "");
	while (access("locked", F_OK) != 0)
		usleep(5000);

	wait_for_name();
	wait_for_restore();

	CHECK(getpid() == 1 && getuid() == 0 && getsid(0) == 1, "pid %d, user %d, session %d", getpid(), getuid(), getsid(0));
	check_files(&root, "/other");
	check_files(&scratch, "/tmp/other");
	CHECK(fcntl(leased, F_GETLEASE) == F_RDLCK, "lease %d", fcntl(leased, F_GETLEASE));
	CHECK(tcgetattr(slave, &settings) == 0 && (settings.c_lflag & ECHO) == 0, "settings of the terminal");
	CHECK(ioctl(slave, TIOCGLCKTRMIOS, &locked) == 0 && (locked.c_lflag & ECHO) != 0, "locked settings of the terminal");
	CHECK(write(master, "\003", 1) == 1 && tcgetsid(slave) == 1, "session of the terminal");
	MUST(!child || (write(ask[1], "", 1) == 1 && read(answer[0], text, sizeof text) > 0));
	CHECK(*text == 0, "child: %s", text);
	CHECK(!child || kill(child, 0) == 0, "child %d", child);
	finish();
	pause();
	return 0;
}

int main(int count, char **argv)
{
	if (access("/program", X_OK) == 0)
		return contained();
	char path[100];
	pid_t pid = start_container(argv, 0, no_mounts);
	/* Only the host's root can lock settings. */
	struct termios lock;
	memset(&lock, 0, sizeof lock);
	lock.c_lflag = ECHO;
	snprintf(path, sizeof path, "/proc/%d/fd/1", pid);
	int slave = open(path, O_RDWR | O_NOCTTY);
	MUST(slave >= 0 && ioctl(slave, TIOCSLCKTRMIOS, &lock) == 0 && close(slave) == 0);
	put("locked", "");
	return waitpid(pid, NULL, 0) == pid ? 0 : 1;
}
