/* A process that waits for stalls of the processors (PSI). */
#include "../../cases/case.h"

int main(void)
{
	const char *trigger = "some 150000 2000000";
	int pressure = open("/proc/pressure/cpu", O_RDWR | O_NONBLOCK);
	MUST(pressure >= 0 && write(pressure, trigger, strlen(trigger) + 1) > 0);
	wait_for_restore();
	CHECK(write(pressure, trigger, strlen(trigger) + 1) < 0 && errno == EBUSY, "the trigger is gone");
	return finish();
}
