/* A process that may not make another one, and could be in a Landlock domain. */
#include "../../cases/case.h"
#include <sys/prctl.h>
#include <sys/resource.h>

int main(void)
{
	MUST(chmod(".", 0777) == 0 && setgid(61234) == 0 && setuid(61234) == 0);
	struct rlimit one = { 1, 1 };
	MUST(setrlimit(RLIMIT_NPROC, &one) == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	wait_for_restore();
	return finish();
}
