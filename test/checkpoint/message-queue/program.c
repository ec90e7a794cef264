/* Has a POSIX message queue open. */
#include "../../cases/case.h"
#include <mqueue.h>

int main(void)
{
	char name[64];
	snprintf(name, sizeof name, "/restage-%d", getpid());
	mqd_t queue = mq_open(name, O_CREAT | O_RDWR, 0600, NULL);
	MUST(queue >= 0 && mq_send(queue, "one", 3, 5) == 0);
	wait_for_restore();
	char message[8192];
	unsigned priority = 0;
	CHECK(mq_receive(queue, message, sizeof message, &priority) == 3 && priority == 5, "its message");
	mq_unlink(name);
	return finish();
}
