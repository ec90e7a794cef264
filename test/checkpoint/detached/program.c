/* Holds a mount that no directory shows, a file and a deleted file of it, and a copy of the mount of the root directory. */
#include "../../cases/case.h"
#include <linux/mount.h>
#include <sys/syscall.h>

int main(void)
{
	int system = syscall(SYS_fsopen, "tmpfs", 0);
	MUST(system >= 0 && syscall(SYS_fsconfig, system, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0);
	int mounted = syscall(SYS_fsmount, system, 0, 0);
	MUST(mounted >= 0 && close(system) == 0);
	int kept = openat(mounted, "kept", O_RDWR | O_CREAT, 0644);
	int gone = openat(mounted, "gone", O_RDWR | O_CREAT, 0644);
	MUST(kept >= 0 && gone >= 0 && unlinkat(mounted, "gone", 0) == 0);
	MUST(syscall(SYS_open_tree, AT_FDCWD, "/", OPEN_TREE_CLONE) >= 0);
	wait_for_restore();
	CHECK(faccessat(mounted, "kept", F_OK, 0) == 0, "the mount is another one");
	return finish();
}
