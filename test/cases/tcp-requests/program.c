/* TCP connections that are requested but unanswered, in a new network namespace in which the program itself plays the wire. */
#include "../case.h"
#include <arpa/inet.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <sys/socket.h>

static struct sockaddr_in peer = { .sin_family = AF_INET };
static int waiting_result = -1, waiting_errno;

static int wire(void)
{
	struct ifreq request = { .ifr_flags = IFF_TUN | IFF_NO_PI };
	strcpy(request.ifr_name, "wire");
	int tun = open("/dev/net/tun", O_RDWR | O_NONBLOCK), fd = socket(AF_INET, SOCK_DGRAM, 0);
	MUST(tun >= 0 && fd >= 0 && ioctl(tun, TUNSETIFF, &request) == 0);
	struct sockaddr_in *address = (void *)&request.ifr_addr;
	*address = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr = { inet_addr("10.9.8.1") } };
	MUST(ioctl(fd, SIOCSIFADDR, &request) == 0);
	address->sin_addr.s_addr = inet_addr("255.255.255.0");
	MUST(ioctl(fd, SIOCSIFNETMASK, &request) == 0);
	request.ifr_flags = IFF_UP;
	MUST(ioctl(fd, SIOCSIFFLAGS, &request) == 0 && close(fd) == 0);
	return tun;
}

static int state(int fd)
{
	struct tcp_info info = { 0 };
	socklen_t length = sizeof info;
	getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length);
	return info.tcpi_state;
}

static int port_of(int fd)
{
	struct sockaddr_in own;
	socklen_t length = sizeof own;
	MUST(getsockname(fd, (void *)&own, &length) == 0);
	return ntohs(own.sin_port);
}

/* Waits for the next connection request from a port, and copies its packet. */
static int next_request(int tun, int port, unsigned char *packet)
{
	for (int n = 0; n < 3000; n++) {
		ssize_t length = read(tun, packet, 1500);
		struct tcphdr *tcp = (void *)(packet + 20);
		if (length >= 40 && packet[0] == 0x45 && packet[9] == IPPROTO_TCP && ntohs(tcp->source) == port && tcp->syn)
			return 1;
		if (length <= 0)
			usleep(2000);
	}
	return 0;
}

static unsigned short sum(const unsigned char *bytes, int length, unsigned start)
{
	unsigned total = start;
	for (int n = 0; n + 1 < length; n += 2)
		total += bytes[n] << 8 | bytes[n + 1];
	while (total >> 16)
		total = (total & 0xffff) + (total >> 16);
	return htons(~total);
}

/* Accepts a request. */
static void accept_request(int tun, const unsigned char *request)
{
	unsigned char answer[40] = { 0x45 };
	struct tcphdr *to = (void *)(answer + 20);
	const struct tcphdr *from = (const void *)(request + 20);
	answer[3] = 40, answer[8] = 64, answer[9] = IPPROTO_TCP;
	memcpy(answer + 12, request + 16, 4), memcpy(answer + 16, request + 12, 4);
	to->source = from->dest, to->dest = from->source;
	to->seq = htonl(1000), to->ack_seq = htonl(ntohl(from->seq) + 1);
	to->doff = 5, to->syn = to->ack = 1, to->window = htons(5000);
	*(unsigned short *)(answer + 10) = sum(answer, 20, 0);
	unsigned pseudo = IPPROTO_TCP + 20;
	for (int n = 12; n < 20; n += 2)
		pseudo += answer[n] << 8 | answer[n + 1];
	to->check = sum(answer + 20, 20, pseudo);
	CHECK(write(tun, answer, sizeof answer) == sizeof answer, "answer");
}

static void *wait_for_connection(void *fd)
{
	waiting_result = connect(*(int *)fd, (void *)&peer, sizeof peer);
	waiting_errno = errno;
	return NULL;
}

int main(void)
{
	MUST(unshare(CLONE_NEWNET) == 0);
	int tun = wire(), asking = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), waiting = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in own = { .sin_family = AF_INET, .sin_addr = { inet_addr("10.9.8.1") } };
	MUST(bind(waiting, (void *)&own, sizeof own) == 0);
	peer.sin_addr.s_addr = inet_addr("10.9.8.7");
	peer.sin_port = htons(4711);
	int one = 1;
	MUST(setsockopt(asking, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) == 0);
	MUST(connect(asking, (void *)&peer, sizeof peer) < 0 && errno == EINPROGRESS);
	pthread_t thread;
	MUST(pthread_create(&thread, NULL, wait_for_connection, &waiting) == 0);
	unsigned char first[1500], second[1500], again[1500];
	MUST(next_request(tun, port_of(asking), first) && next_request(tun, port_of(waiting), second));
	MUST(state(asking) == TCP_SYN_SENT && state(waiting) == TCP_SYN_SENT);
	int port = port_of(asking);

	wait_for_restore();

	CHECK(state(asking) == TCP_SYN_SENT && port_of(asking) == port, "asking: state %d", state(asking));
	CHECK(connect(asking, (void *)&peer, sizeof peer) < 0 && errno == EALREADY, "asking twice");
	CHECK(next_request(tun, port, again) && memcmp(again + 24, first + 24, 4) == 0, "asking: the request has other numbers");
	accept_request(tun, again);
	struct pollfd writable = { asking, POLLOUT, 0 };
	int length = sizeof one;
	CHECK(poll(&writable, 1, 5000) == 1 && state(asking) == TCP_ESTABLISHED, "asking: state %d after the answer", state(asking));
	CHECK(getsockopt(asking, IPPROTO_TCP, TCP_NODELAY, &one, (socklen_t *)&length) == 0 && one == 1, "asking: option");
	CHECK((fcntl(asking, F_GETFL) & O_NONBLOCK) && !(fcntl(waiting, F_GETFL) & O_NONBLOCK), "flags");
	CHECK(next_request(tun, port_of(waiting), again) && memcmp(again + 24, second + 24, 4) == 0, "waiting: the request has other numbers");
	accept_request(tun, again);
	pthread_join(thread, NULL);
	CHECK(waiting_result == 0, "waiting: errno %d", waiting_errno);
	return finish();
}
