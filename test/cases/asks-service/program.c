/* A program that asks the CRIU service for its own checkpoint, and reads the answer after the restore. */
#include "../case.h"
#include <sys/socket.h>
#include <sys/un.h>

int main(void)
{
	int service = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	struct sockaddr_un name = { AF_UNIX, "service" };
	put("ready", "");
	for (int n = 0; connect(service, (void *)&name, sizeof name) != 0; n++) {
		MUST(n < 2000);
		usleep(10000);
	}
	int images = open("../images", O_RDONLY | O_DIRECTORY);
	/* criu_req{DUMP, opts{images_dir_fd, log_level 4, log_file}} */
	char request[] = "\x08\x01\x12\x0e\x08\x00\x48\x04\x52\x08" "dump.log";
	request[5] = images;
	MUST(images >= 0 && send(service, request, sizeof request - 1, 0) == sizeof request - 1);

	char answer[64];
	ssize_t length = recv(service, answer, sizeof answer, 0);
	/* criu_resp{DUMP, success, dump{restored}} */
	CHECK(length == 8 && memcmp(answer, "\x08\x01\x10\x01\x1a\x02\x08\x01", 8) == 0, "the answer has %zd bytes, %d %d", length, answer[3], answer[7]);
	CHECK(recv(service, answer, sizeof answer, 0) == 0, "end");
	return finish();
}
