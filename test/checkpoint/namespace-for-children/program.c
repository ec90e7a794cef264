/* A process whose children would be in a new time namespace. */
#include "../../cases/case.h"
#include <sched.h>

int main(void)
{
	char own[60] = "", children[60] = "";
	MUST(unshare(0x80 /* CLONE_NEWTIME */) == 0);
	wait_for_restore();
	readlink("/proc/self/ns/time", own, sizeof own - 1);
	readlink("/proc/self/ns/time_for_children", children, sizeof children - 1);
	CHECK(strcmp(own, children) != 0, "children are in its own time namespace");
	return finish();
}
