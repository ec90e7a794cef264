/* A socket with the address of another machine, as transparent proxies have it. */
#include "../case.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

int main(void)
{
	struct sockaddr_in foreign = { .sin_family = AF_INET, .sin_addr.s_addr = inet_addr("198.51.100.7"), .sin_port = htons(7818) }, own;
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
	MUST(setsockopt(fd, IPPROTO_IP, IP_TRANSPARENT, &on, sizeof on) == 0);
	MUST(bind(fd, (void *)&foreign, sizeof foreign) == 0 && listen(fd, 4) == 0);
	wait_for_restore();
	socklen_t length = sizeof own;
	CHECK(getsockname(fd, (void *)&own, &length) == 0 && own.sin_addr.s_addr == foreign.sin_addr.s_addr, "its address");
	on = 0;
	length = sizeof on;
	CHECK(getsockopt(fd, IPPROTO_IP, IP_TRANSPARENT, &on, &length) == 0 && on == 1, "IP_TRANSPARENT");
	return finish();
}
