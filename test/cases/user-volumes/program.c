/* A container in a user namespace as an engine makes it: below a directory of the host that it must not enter, with volumes of the host, device nodes
 * of two kinds, a console, a cgroup namespace, masked paths, and files without names, sockets and locks in volumes and in a directory that only the
 * host's root may write; a nice value and a buffer that only the host's root can give it. The process that starts it stays outside. */
#include "../container.h"
#include <sys/fsuid.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>

#define OTHER 500
#define NICE -5
#define BUFFER 9000000

/* The descriptor of a socket that gets a larger buffer than the container can give it. */
#define LARGE 60

static const char *const DEVICES[] = { "null", "zero", "full", "urandom" };

static void bind_file(const char *from, const char *to)
{
	int fd = open(to, O_WRONLY | O_CREAT, 0644);
	MUST(fd >= 0 && close(fd) == 0);
	if (mount(from, to, NULL, MS_BIND, NULL) != 0) {
		fprintf(stderr, "%s\n", to);
		MUST(0);
	}
}

/* Mounts everything below the working directory, while the host is visible. */
static void make_mounts(void)
{
	char from[64], to[64];
	MUST(mount("tmpfs", "dev", "tmpfs", MS_NOSUID | MS_STRICTATIME, "mode=755,size=65536k") == 0);
	MUST(mkdir("dev/pts", 0755) == 0 && mkdir("dev/shm", 0755) == 0 && mkdir("dev/mqueue", 0755) == 0);
	for (size_t n = 0; n < sizeof DEVICES / sizeof *DEVICES; n++) {
		snprintf(from, sizeof from, "/dev/%s", DEVICES[n]);
		snprintf(to, sizeof to, "dev/%s", DEVICES[n]);
		bind_file(from, to);
	}
	MUST(mount("devpts", "dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620") == 0);
	MUST(symlink("pts/ptmx", "dev/ptmx") == 0 && symlink("/proc/self/fd", "dev/fd") == 0);
	MUST(mount("shm", "dev/shm", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=1777,size=2m") == 0);
	MUST(mount("mqueue", "dev/mqueue", "mqueue", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) == 0);
	MUST(mount("sysfs", "sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY, NULL) == 0);
	if (access("cgroup", F_OK) == 0) {
		MUST(unshare(CLONE_NEWCGROUP) == 0);
		MUST(mount("cgroup", "sys/fs/cgroup", "cgroup", MS_NOSUID | MS_NODEV | MS_NOEXEC, "pids") == 0);
	}
	MUST(mount("../volume", "volume", NULL, MS_BIND | MS_REC, NULL) == 0);
	MUST(mount(NULL, "volume", NULL, MS_BIND | MS_REMOUNT | MS_NOSUID | MS_NODEV, NULL) == 0);
	bind_file("../hosts", "etc/hosts");
	MUST(mount(NULL, "etc/hosts", NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL) == 0);
}

/* As engines do: some paths of proc are hidden, and some are read-only. */
static void mask(void)
{
	MUST(mount("/dev/null", "/proc/keys", NULL, MS_BIND, NULL) == 0);
	MUST(mount("tmpfs", "/proc/tty", "tmpfs", MS_RDONLY, "size=4k") == 0);
	MUST(mount("/proc/sys", "/proc/sys", NULL, MS_BIND | MS_REC, NULL) == 0);
	MUST(mount(NULL, "/proc/sys", NULL, MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) == 0);
}

static int named(const char *path)
{
	struct sockaddr_un name = { AF_UNIX, "" };
	strcpy(name.sun_path, path);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	MUST(fd >= 0 && bind(fd, (void *)&name, sizeof name) == 0 && listen(fd, 2) == 0);
	return fd;
}

static int can_connect(const char *path)
{
	struct sockaddr_un name = { AF_UNIX, "" };
	strcpy(name.sun_path, path);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), result = connect(fd, (void *)&name, sizeof name) == 0;
	close(fd);
	return result;
}

/* Files in a directory, most of them without the names under which they were opened. */
struct files {
	int deleted, fifo, folder, other_name, socket, leased;
};

static struct files prepare_files(const char *directory)
{
	struct files files;
	MUST(chdir(directory) == 0);
	files.deleted = open("deleted", O_RDWR | O_CREAT, 0640);
	MUST(files.deleted >= 0 && write(files.deleted, directory, strlen(directory)) > 0 && fchown(files.deleted, OTHER, OTHER) == 0);
	MUST(mkfifo("fifo", 0600) == 0 && mkdir("folder", 0700) == 0);
	files.fifo = open("fifo", O_RDWR);
	MUST(files.fifo >= 0 && write(files.fifo, "in fifo", 7) == 7);
	files.folder = open("folder", O_RDONLY | O_DIRECTORY);
	files.other_name = open("name", O_RDWR | O_CREAT, 0600);
	MUST(files.folder >= 0 && files.other_name >= 0 && write(files.other_name, "linked", 6) == 6);
	MUST(link("name", "kept") == 0 && unlink("name") == 0 && unlink("fifo") == 0 && unlink("deleted") == 0 && rmdir("folder") == 0);
	files.socket = named("socket");
	files.leased = open("leased", O_RDONLY | O_CREAT, 0644);
	MUST(files.leased >= 0 && fchown(files.leased, OTHER, OTHER) == 0 && setfsuid(OTHER) >= 0);
	MUST(fcntl(files.leased, F_SETLEASE, F_RDLCK) == 0 && setfsuid(0) >= 0 && chdir("/") == 0);
	return files;
}

static void check_files(const struct files *files, const char *directory)
{
	char path[64], content[16] = "";
	struct stat of, other;
	CHECK(has(files->deleted, directory) && fstat(files->deleted, &of) == 0 && of.st_nlink == 0, "deleted file of %s", directory);
	CHECK(of.st_uid == OTHER && (of.st_mode & 0777) == 0640, "deleted file of %s: user %d, mode %o", directory, of.st_uid, of.st_mode);
	CHECK(read(files->fifo, content, sizeof content) == 7 && strcmp(content, "in fifo") == 0, "deleted fifo of %s", directory);
	CHECK(fstat(files->folder, &of) == 0 && of.st_nlink == 0, "deleted directory of %s", directory);
	snprintf(path, sizeof path, "%s/kept", directory);
	CHECK(fstat(files->other_name, &of) == 0 && stat(path, &other) == 0 && of.st_ino == other.st_ino, "file with another name in %s", directory);
	snprintf(path, sizeof path, "%s/name", directory);
	CHECK(access(path, F_OK) != 0, "%s", path);
	CHECK(fcntl(files->leased, F_GETLEASE) == F_RDLCK, "lease in %s: %d", directory, fcntl(files->leased, F_GETLEASE));
	snprintf(path, sizeof path, "%s/socket", directory);
	CHECK(can_connect(path), "socket of %s", directory);
}

static int is_device(int fd, unsigned int major, unsigned int minor)
{
	struct stat of;
	return fstat(fd, &of) == 0 && S_ISCHR(of.st_mode) && of.st_rdev == makedev(major, minor);
}

static void read_text(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY);
	ssize_t length = read(fd, text, size - 1);
	MUST(fd >= 0 && length >= 0 && close(fd) == 0);
	text[length] = 0;
}

static int contained(void)
{
	static char cgroups[4096], after[4096];
	int unlock = 0, has_cgroup = access("/cgroup", F_OK) == 0;
	MUST(getpid() == 1 && setsid() == 1 && sethostname("volumes", 7) == 0);
	close(0), close(1), close(2);
	int master = open("/dev/ptmx", O_RDWR | O_NOCTTY);
	MUST(master == 0 && ioctl(master, TIOCSPTLCK, &unlock) == 0);
	int slave = open("/dev/pts/0", O_RDWR);
	bind_file("/dev/pts/0", "/dev/console");
	int console = open("/dev/console", O_RDWR);
	mask();
	MUST(slave == 1 && console == 2);
	int null = open("/dev/null", O_RDWR), node = open("/nodes/zero", O_RDWR), gone = open("/nodes/gone", O_RDWR), hidden = open("/proc/keys", O_RDONLY);
	MUST(null >= 0 && node >= 0 && gone >= 0 && hidden >= 0 && unlink("/nodes/gone") == 0);
	char *zeros = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, node, 0);
	MUST(zeros != MAP_FAILED && strcpy(zeros, "private"));
	int hosts = open("/etc/hosts", O_RDONLY), data = open("/volume/data", O_RDWR);
	char *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, data, 0);
	MUST(hosts >= 0 && data >= 0 && shared != MAP_FAILED);
	struct files volume = prepare_files("/volume/other"), foreign = prepare_files("/foreign"), scratch = prepare_files("/dev/shm");
	MUST(dup2(socket(AF_UNIX, SOCK_DGRAM, 0), LARGE) == LARGE);
	read_text("/proc/self/cgroup", cgroups, sizeof cgroups);
	put("opened", "");
	while (access("taken", F_OK) != 0)
		usleep(5000);
	pid_t self = getpid();
	const char *before = describe_mounts(&self, 1);

	wait_for_name();
	wait_for_restore();

	CHECK(getpid() == 1 && getuid() == 0 && getsid(0) == 1, "pid %d, user %d, session %d", getpid(), getuid(), getsid(0));
	check_mounts(&self, 1, before);
	check_files(&volume, "/volume/other");
	check_files(&foreign, "/foreign");
	check_files(&scratch, "/dev/shm");
	CHECK(is_device(null, 1, 3) && is_device(node, 1, 5) && is_device(gone, 1, 7) && is_device(hidden, 1, 3), "devices");
	CHECK(write(null, "x", 1) == 1 && write(gone, "x", 1) == -1 && errno == ENOSPC, "devices do not work");
	CHECK(access("/nodes/gone", F_OK) != 0 && strcmp(zeros, "private") == 0 && zeros[100] == 0, "device nodes");
	CHECK(has(hosts, "hosts") && open("/etc/hosts", O_RDWR) < 0, "file of the host");
	CHECK(memcpy(shared, "stored", 6) && has(data, "stored"), "mapped volume");
	CHECK(write(master, "\003", 1) == 1 && tcgetsid(slave) == 1 && strcmp(ttyname(console), "/dev/console") == 0, "terminal");
	CHECK(getpriority(PRIO_PROCESS, 0) == NICE, "nice value %d", getpriority(PRIO_PROCESS, 0));
	int size = 0;
	CHECK(getsockopt(LARGE, SOL_SOCKET, SO_RCVBUF, &size, &(socklen_t){ sizeof size }) == 0 && size == 2 * BUFFER, "buffer of %d bytes", size);
	read_text("/proc/self/cgroup", after, sizeof after);
	CHECK(!has_cgroup || (strcmp(cgroups, after) == 0 && strstr(after, "pids:/\n")), "cgroups: %s", after);
	CHECK(!has_cgroup || access("/sys/fs/cgroup/cgroup.procs", F_OK) == 0, "cgroup mount");
	finish();
	pause();
	return 0;
}

int main(int count, char **argv)
{
	if (access("/program", X_OK) == 0)
		return contained();
	pid_t pid = start_container(argv, CLONE_NEWNET, make_mounts);
	/* Only the host's root can do this. */
	int size = BUFFER, large = syscall(SYS_pidfd_getfd, syscall(SYS_pidfd_open, pid, 0), LARGE, 0);
	MUST(large >= 0 && setsockopt(large, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) == 0 && close(large) == 0);
	MUST(setpriority(PRIO_PROCESS, pid, NICE) == 0);
	/* From here on the container must not write there. */
	MUST(chown("foreign", 0, 0) == 0 && chmod("foreign", 0755) == 0);
	put("taken", "");
	return waitpid(pid, NULL, 0) == pid ? 0 : 1;
}
