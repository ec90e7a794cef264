/* A process with a mount namespace of its own, in which an overlay has its layers in a tmpfs. */
#include "../../cases/case.h"
#include <sched.h>
#include <sys/mount.h>

int main(void)
{
	MUST(mkdir("layers", 0755) == 0);
	MUST(unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	char here[512], options[2048], overlay[600], layers[600];
	MUST(getcwd(here, sizeof here) != NULL);
	snprintf(layers, sizeof layers, "%s/layers", here);
	snprintf(overlay, sizeof overlay, "%s/overlay", here);
	MUST(mount("layers", layers, "tmpfs", 0, NULL) == 0);
	MUST(mkdir("layers/lower", 0755) == 0 && mkdir("layers/upper", 0755) == 0 && mkdir("layers/work", 0755) == 0);
	MUST(mkdir(overlay, 0755) == 0);
	snprintf(options, sizeof options, "lowerdir=%s/lower,upperdir=%s/upper,workdir=%s/work", layers, layers, layers);
	MUST(mount("overlay", overlay, "overlay", 0, options) == 0);
	wait_for_restore();
	return finish();
}
