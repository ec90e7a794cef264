/* Is in a user namespace without id maps. */
#include "../../cases/case.h"
#include <sched.h>

int main(void)
{
	MUST(unshare(CLONE_NEWUSER) == 0);
	wait_for_restore();
	CHECK(getuid() == 65534, "user %d", getuid());
	return finish();
}
