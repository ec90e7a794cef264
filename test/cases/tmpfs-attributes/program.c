/* A tmpfs with extended attributes of several kinds, which CRIU does not save. */
#include "../container.h"
#include <sys/xattr.h>

/* struct vfs_cap_data of version 2: CAP_NET_RAW may be used. */
static const unsigned char capability[20] = { 1, 0, 0, 2, 0, 0x20 };

static int has_attribute(const char *path, const char *name, const void *value, size_t size)
{
	char found[64];
	return getxattr(path, name, found, sizeof found) == (ssize_t)size && memcmp(found, value, size) == 0;
}

int main(int argc, char **argv)
{
	(void)argc;
	enter_container(argv);
	home = open("/", O_RDONLY | O_DIRECTORY);
	MUST(mkdir("/scratch", 0755) == 0 && mount("scratch", "/scratch", "tmpfs", 0, NULL) == 0);
	put("/scratch/file", "content");
	MUST(mkdir("/scratch/directory", 0755) == 0);
	MUST(setxattr("/scratch/file", "trusted.mine", "value", 5, 0) == 0);
	MUST(setxattr("/scratch/file", "security.capability", capability, sizeof capability, 0) == 0);
	MUST(setxattr("/scratch/directory", "trusted.overlay.opaque", "y", 1, 0) == 0);
	int hasUser = setxattr("/scratch/file", "user.mine", "other", 5, 0) == 0;
	wait_for_restore();
	CHECK(has_attribute("/scratch/file", "trusted.mine", "value", 5), "trusted");
	CHECK(has_attribute("/scratch/file", "security.capability", capability, sizeof capability), "capability");
	CHECK(has_attribute("/scratch/directory", "trusted.overlay.opaque", "y", 1), "directory");
	CHECK(!hasUser || has_attribute("/scratch/file", "user.mine", "other", 5), "user");
	return finish();
}
