/* A tmpfs with a file and a directory below other mounts. */
#include "../container.h"

int main(int argc, char **argv)
{
	struct stat found;
	(void)argc;
	enter_container(argv);
	home = open("/", O_RDONLY | O_DIRECTORY);
	MUST(mkdir("/scratch", 0755) == 0 && mount("scratch", "/scratch", "tmpfs", 0, NULL) == 0);
	put("/over", "over"), put("/scratch/file", "below");
	MUST(mount("/over", "/scratch/file", NULL, MS_BIND, NULL) == 0);
	MUST(mkdir("/scratch/directory", 0710) == 0);
	put("/scratch/directory/file", "below too");
	MUST(mount("top", "/scratch/directory", "tmpfs", 0, "mode=755") == 0);
	wait_for_restore();
	CHECK(has(open("/scratch/file", O_RDONLY), "over"), "the mount over the file is gone");
	CHECK(umount2("/scratch/file", MNT_DETACH) == 0 && has(open("/scratch/file", O_RDONLY), "below"), "the file below a mount is another");
	CHECK(stat("/scratch/directory", &found) == 0 && found.st_mode == (S_IFDIR | 0755), "the mount over the directory has mode %o", found.st_mode);
	CHECK(umount2("/scratch/directory", MNT_DETACH) == 0 && stat("/scratch/directory", &found) == 0 && found.st_mode == (S_IFDIR | 0710), "the directory below a mount has mode %o", found.st_mode);
	CHECK(has(open("/scratch/directory/file", O_RDONLY), "below too"), "the file in a directory below a mount is another");
	return finish();
}
