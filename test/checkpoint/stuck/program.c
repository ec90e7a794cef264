/* A task in vfork(2), which nothing interrupts until its child lets go of its memory. */
#include "../../cases/case.h"

int main(void)
{
	pid_t child = vfork();
	if (child == 0) {
		wait_for_restore();
		_exit(7);
	}
	int status;
	CHECK(waitpid(child, &status, 0) == child && status == 7 << 8, "the child ends with %x", status);
	return finish();
}
