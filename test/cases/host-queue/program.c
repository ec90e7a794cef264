/* A POSIX message queue of the host's IPC namespace, with a message, in a mount namespace that shows it. It is removed at the end. */
#include "../container.h"
#include <mqueue.h>

int main(int argc, char **argv)
{
	char name[64], message[8192];
	unsigned priority = 0;
	(void)argc;
	enter_container(argv);
	home = open("/", O_RDONLY | O_DIRECTORY);
	MUST(mkdir("/queues", 0755) == 0 && mount("mqueue", "/queues", "mqueue", 0, NULL) == 0);
	snprintf(name, sizeof name, "/restage-%d", getpid());
	mqd_t queue = mq_open(name, O_CREAT | O_RDWR, 0600, NULL);
	MUST(queue >= 0 && mq_send(queue, "one", 3, 5) == 0);
	wait_for_restore();
	CHECK(mq_receive(queue, message, sizeof message, &priority) == 3 && priority == 5, "the message has priority %u", priority);
	CHECK(mq_unlink(name) == 0, "removing it");
	return finish();
}
