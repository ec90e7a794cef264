/* Each tmpfs with a file that other mounts hide: those on it, and those on a directory above it. */
#include "../container.h"

static void make_tmpfs(const char *on, const char *content)
{
	char file[64];
	mkdir(on, 0755);
	MUST(mount("tmpfs", on, "tmpfs", 0, NULL) == 0);
	snprintf(file, sizeof file, "%s/file", on);
	put(file, content);
}

static void check(const char *file, const char *content)
{
	int fd = open(file, O_RDONLY);
	CHECK(has(fd, content), "%s is not '%s'", file, content);
	close(fd);
}

static void uncover(const char *path)
{
	CHECK(umount2(path, MNT_DETACH) == 0, "umount of %s", path);
}

int main(int argc, char **argv)
{
	(void)argc;
	enter_container(argv);
	home = open("/", O_RDONLY | O_DIRECTORY);
	make_tmpfs("/same", "first"), make_tmpfs("/same", "second"), make_tmpfs("/same", "third");
	MUST(mkdir("/above", 0755) == 0);
	make_tmpfs("/above/below", "deep"), make_tmpfs("/above/below", "deep too");
	make_tmpfs("/above", "high"), make_tmpfs("/above", "higher");
	wait_for_restore();
	check("/same/file", "third"), uncover("/same");
	check("/same/file", "second"), uncover("/same");
	check("/same/file", "first");
	check("/above/file", "higher"), uncover("/above");
	check("/above/file", "high"), uncover("/above");
	check("/above/below/file", "deep too"), uncover("/above/below");
	check("/above/below/file", "deep");
	return finish();
}
