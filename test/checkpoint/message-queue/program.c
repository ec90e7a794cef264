/* A new IPC namespace with POSIX message queues that cannot be saved: no mount shows them. One has a message, one is removed, of one a notification is due. */
#include "../../cases/case.h"
#include <mqueue.h>
#include <sched.h>

int main(void)
{
	MUST(unshare(CLONE_NEWIPC) == 0);
	mqd_t queue = mq_open("/with-message", O_CREAT | O_RDWR, 0600, NULL);
	MUST(queue >= 0 && mq_send(queue, "one", 3, 5) == 0);
	mqd_t removed = mq_open("/removed", O_CREAT | O_RDWR, 0600, NULL);
	MUST(removed >= 0 && mq_unlink("/removed") == 0);
	mqd_t notified = mq_open("/notified", O_CREAT | O_RDWR, 0600, NULL);
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGWINCH };
	MUST(notified >= 0 && mq_notify(notified, &event) == 0);
	wait_for_restore();
	char message[8192];
	unsigned priority = 0;
	CHECK(mq_receive(queue, message, sizeof message, &priority) == 3 && priority == 5, "its message");
	CHECK(mq_notify(notified, &event) < 0 && errno == EBUSY, "its notification");
	return finish();
}
