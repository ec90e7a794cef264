/* Mounts of every kind in one namespace, and files on them. */
#include "../container.h"
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/un.h>

static void make(const char *path)
{
	MUST(mkdir(path, 0755) == 0);
}

static void bind_to(const char *what, const char *on)
{
	MUST(mount(what, on, NULL, MS_BIND, NULL) == 0);
}

static void change(const char *path, unsigned long flags)
{
	MUST(mount(NULL, path, NULL, flags, NULL) == 0);
}

static void make_mount(const char *type, const char *on, unsigned long flags, const char *options)
{
	if (access(on, F_OK) < 0)
		make(on);
	MUST(mount(type, on, type, flags, options) == 0);
}

static void binds(void)
{
	make("/directory"), make("/directory/inner"), make("/bound"), make("/inner");
	put("/directory/file", "a file"), put("/file", "");
	bind_to("/directory", "/bound"), bind_to("/directory/inner", "/inner"), bind_to("/directory/file", "/file");
	/* Bind mounts whose source is deleted. */
	make("/gone"), make("/gone/deep"), make("/on-gone"), put("/gone/file", ""), put("/on-gone-file", "");
	bind_to("/gone/deep", "/on-gone"), bind_to("/gone/file", "/on-gone-file");
	MUST(rmdir("/gone/deep") == 0 && unlink("/gone/file") == 0 && rmdir("/gone") == 0);
}

static void flags(void)
{
	make("/flags");
	make_mount("tmpfs", "/flags/read-only", 0, "size=64k,mode=711,uid=7,gid=8");
	put("/flags/read-only/file", "content");
	change("/flags/read-only", MS_REMOUNT | MS_RDONLY);
	make("/flags/bound");
	bind_to("/directory", "/flags/bound");
	change("/flags/bound", MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME);
	make_mount("tmpfs", "/flags/strict", MS_NODIRATIME | MS_STRICTATIME | MS_NOEXEC, "nr_inodes=100");
	make_mount("tmpfs", "/flags/unbindable", 0, NULL);
	change("/flags/unbindable", MS_UNBINDABLE);
	put("/flags/strict/rich", "");
	MUST(mkfifo("/flags/strict/fifo", 0640) == 0 && symlink("rich", "/flags/strict/link") == 0);
	MUST(mknod("/flags/strict/null", S_IFCHR | 0666, makedev(1, 3)) == 0 && chown("/flags/strict/fifo", 5, 6) == 0);
}

/* Mounts that cover the mount points of other mounts, or all of them. */
static void covered(void)
{
	make_mount("tmpfs", "/covered", 0, NULL);
	make("/covered/below"), make("/covered/below/deeper");
	make_mount("tmpfs", "/covered/below/deeper", 0, "size=128k");
	make_mount("tmpfs", "/covered/below", 0, "size=256k");
	make_mount("tmpfs", "/covered/below", 0, "size=512k");
	make("/covered/below/top");
	make_mount("tmpfs", "/covered/below/top", 0, NULL);
}

static void propagation(void)
{
	make("/ties");
	const char *names[] = { "/ties/peer", "/ties/other", "/ties/slave", "/ties/both", "/ties/below" };
	make_mount("tmpfs", "/ties/first", 0, NULL);
	make("/ties/first/part");
	change("/ties/first", MS_SHARED);
	for (int n = 0; n < 5; n++)
		make(names[n]);
	bind_to("/ties/first", "/ties/peer");
	bind_to("/ties/first/part", "/ties/other");
	bind_to("/ties/first", "/ties/slave"), change("/ties/slave", MS_SLAVE);
	bind_to("/ties/first/part", "/ties/both"), change("/ties/both", MS_SLAVE), change("/ties/both", MS_SHARED);
	bind_to("/ties/both", "/ties/below"), change("/ties/below", MS_SLAVE);
	/* Visible in all of them. */
	make("/ties/first/part/point");
	make_mount("tmpfs", "/ties/first/part/point", 0, "size=32k");
}

static void kernel_file_systems(void)
{
	make_mount("proc", "/proc2", MS_NOSUID, "hidepid=2,gid=9");
	make_mount("sysfs", "/sys", MS_RDONLY, NULL);
	make_mount("tmpfs", "/dev", 0, NULL);
	make_mount("devpts", "/dev/pts", MS_NOSUID, "newinstance,ptmxmode=0666,mode=0620");
	put("/dev/ptmx", "");
	bind_to("/dev/pts/ptmx", "/dev/ptmx");
	make_mount("mqueue", "/dev/mqueue", 0, NULL);
	make("/proc2-part"), bind_to("/proc2/sys/kernel", "/proc2-part");
}

static int ghost, ghost_read_only, socket_fd, watch;

static void files(void)
{
	struct sockaddr_un name = { AF_UNIX, "/files/socket" };
	make_mount("tmpfs", "/files", 0, NULL);
	put("/files/ghost", "deleted"), put("/files/watched", "");
	ghost = open("/files/ghost", O_RDWR);
	MUST(unlink("/files/ghost") == 0);
	make_mount("tmpfs", "/files/read-only", 0, NULL);
	put("/files/read-only/ghost", "deleted too");
	ghost_read_only = open("/files/read-only/ghost", O_RDONLY);
	MUST(unlink("/files/read-only/ghost") == 0);
	change("/files/read-only", MS_REMOUNT | MS_BIND | MS_RDONLY);
	socket_fd = socket(AF_UNIX, SOCK_STREAM, 0);
	MUST(bind(socket_fd, (struct sockaddr *)&name, sizeof name) == 0 && listen(socket_fd, 5) == 0);
	watch = inotify_init1(IN_NONBLOCK);
	MUST(inotify_add_watch(watch, "/files/watched", IN_ATTRIB) == 1);
	make("/files/directory");
	MUST(chdir("/files/directory") == 0 && rmdir("/files/directory") == 0);
}

static void look_at_files(void)
{
	char here[256] = "", event[256] = "";
	struct sockaddr_un name = { AF_UNIX, "/files/socket" };
	CHECK(readlink("/proc/self/cwd", here, sizeof here - 1) > 0 && strcmp(here, "/files/directory (deleted)") == 0, "the directory is %s", here);
	CHECK(has(ghost, "deleted") && ends_with(name_of(ghost), "/files/ghost (deleted)"), "the deleted file is %s", name_of(ghost));
	CHECK(has(ghost_read_only, "deleted too"), "the deleted file on a read-only mount is another");
	int client = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK(connect(client, (struct sockaddr *)&name, sizeof name) == 0, "the socket is not where it was");
	CHECK(chmod("/files/watched", 0600) == 0 && read(watch, event, sizeof event) > 0, "the watched file is another");
}

static void look_at_content(void)
{
	struct stat found;
	int fd = open("/flags/read-only/file", O_RDONLY);
	CHECK(has(fd, "content"), "the content of the read-only tmpfs is gone");
	CHECK(stat("/flags/read-only", &found) == 0 && found.st_mode == (S_IFDIR | 0711) && found.st_uid == 7 && found.st_gid == 8, "the tmpfs has another owner or mode");
	CHECK(open("/flags/read-only/new", O_WRONLY | O_CREAT, 0600) < 0 && errno == EROFS, "the read-only tmpfs is writable");
	CHECK(stat("/flags/strict/fifo", &found) == 0 && found.st_mode == (S_IFIFO | 0640) && found.st_gid == 6, "the fifo is another");
	CHECK(stat("/flags/strict/null", &found) == 0 && found.st_rdev == makedev(1, 3), "the device is another");
	CHECK(access("/directory/inner", F_OK) == 0 && access("/gone", F_OK) < 0, "what had been deleted is back");
	CHECK(access("/dev/pts/ptmx", R_OK | W_OK) == 0 && open("/dev/ptmx", O_RDWR | O_NOCTTY) >= 0 && access("/dev/pts/0", F_OK) == 0, "there are no terminals of this instance");
}

int main(int argc, char **argv)
{
	(void)argc;
	enter_container(argv);
	home = open("/", O_RDONLY | O_DIRECTORY);
	binds(), flags(), covered(), propagation(), kernel_file_systems(), files();
	pid_t self = getpid();
	char *before = describe_mounts(&self, 1);
	wait_for_restore();
	check_mounts(&self, 1, before);
	look_at_content();
	look_at_files();
	return finish();
}
