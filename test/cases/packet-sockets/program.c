/* Packet sockets of every type, with options, mapped rings and fanout. */
#include "../case.h"
#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/socket.h>

#define BLOCK 4096
#define BLOCKS 4
#define FRAME 2048

static int opened(int type, int protocol)
{
	int fd = socket(AF_PACKET, type, htons(protocol));
	MUST(fd >= 0);
	return fd;
}

static void bind_to(int fd, int protocol, const char *device)
{
	struct sockaddr_ll address = { .sll_family = AF_PACKET, .sll_protocol = htons(protocol), .sll_ifindex = if_nametoindex(device) };
	MUST(bind(fd, (void *)&address, sizeof address) == 0);
}

static void set(int fd, int option, int value)
{
	MUST(setsockopt(fd, SOL_PACKET, option, &value, sizeof value) == 0);
}

static int get(int fd, int level, int option)
{
	int value = -1;
	socklen_t length = sizeof value;
	CHECK(getsockopt(fd, level, option, &value, &length) == 0, "option %d", option);
	return value;
}

static int protocol_of(int fd, int *device)
{
	struct sockaddr_ll address;
	socklen_t length = sizeof address;
	CHECK(getsockname(fd, (void *)&address, &length) == 0, "name");
	*device = address.sll_ifindex;
	return ntohs(address.sll_protocol);
}

/* Whether a device listens to a multicast group. */
static int listens(const char *device, const char *group)
{
	char line[128], name[32], address[32];
	FILE *list = fopen("/proc/net/dev_mcast", "r");
	int found = 0;
	while (list != NULL && fgets(line, sizeof line, list))
		found |= sscanf(line, "%*d %31s %*d %*d %31s", name, address) == 2 && strcmp(name, device) == 0 && strcmp(address, group) == 0;
	if (list != NULL)
		fclose(list);
	return found;
}

static int arrived(int fd)
{
	char room[256];
	int count = 0;
	while (recv(fd, room, sizeof room, MSG_DONTWAIT) >= 0)
		count++;
	return count;
}

int main(void)
{
	const int test = 0x88b5; /* for experiments */
	int lo = if_nametoindex("lo"), device;

	int raw = opened(SOCK_RAW, test);
	bind_to(raw, test, "lo");
	set(raw, PACKET_AUXDATA, 1), set(raw, PACKET_ORIGDEV, 1), set(raw, PACKET_TIMESTAMP, 1), set(raw, PACKET_COPY_THRESH, 100);
	struct packet_mreq promiscuous = { lo, PACKET_MR_PROMISC, 0, "" }, all = { lo, PACKET_MR_ALLMULTI, 0, "" };
	struct packet_mreq group = { lo, PACKET_MR_MULTICAST, 6, { 1, 0, 0x5e, 1, 2, 3 } };
	MUST(setsockopt(raw, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &promiscuous, sizeof promiscuous) == 0);
	MUST(setsockopt(raw, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof all) == 0);
	MUST(setsockopt(raw, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &group, sizeof group) == 0);

	int cooked = opened(SOCK_DGRAM, test);
	struct sock_filter nothing[] = { { BPF_RET | BPF_K, 0, 0, 0 } };
	struct sock_fprog program = { 1, nothing };
	int filtered = opened(SOCK_RAW, test), unbound = opened(SOCK_RAW, 0), headers = opened(SOCK_RAW, test);
	MUST(setsockopt(filtered, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0);
	set(headers, PACKET_VNET_HDR, 1);
	int size = 300000;
	MUST(setsockopt(cooked, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) == 0);

	int old = opened(SOCK_PACKET, test);
	struct sockaddr by_name = { AF_PACKET, "lo" };
	MUST(bind(old, &by_name, sizeof by_name) == 0);

	int ring = opened(SOCK_RAW, test);
	bind_to(ring, test, "lo");
	set(ring, PACKET_VERSION, TPACKET_V2), set(ring, PACKET_RESERVE, 64), set(ring, PACKET_LOSS, 1);
	struct tpacket_req request = { BLOCK, BLOCKS, FRAME, BLOCK * BLOCKS / FRAME };
	MUST(setsockopt(ring, SOL_PACKET, PACKET_RX_RING, &request, sizeof request) == 0);
	MUST(setsockopt(ring, SOL_PACKET, PACKET_TX_RING, &request, sizeof request) == 0);
	char *frames = mmap(NULL, 2 * BLOCK * BLOCKS, PROT_READ | PROT_WRITE, MAP_SHARED, ring, 0);
	MUST(frames != MAP_FAILED);

	int fans[2];
	for (int n = 0; n < 2; n++) {
		fans[n] = opened(SOCK_RAW, test);
		bind_to(fans[n], test, "lo");
		set(fans[n], PACKET_FANOUT, 77 | PACKET_FANOUT_LB << 16);
	}

	wait_for_restore();

	CHECK(protocol_of(raw, &device) == test && device == lo, "raw: device %d", device);
	CHECK(protocol_of(cooked, &device) == test && device == 0, "cooked: device %d", device);
	CHECK(protocol_of(unbound, &device) == 0 && device == 0, "unbound: device %d", device);
	CHECK(get(raw, SOL_SOCKET, SO_TYPE) == SOCK_RAW && get(cooked, SOL_SOCKET, SO_TYPE) == SOCK_DGRAM, "types");
	CHECK(get(raw, SOL_PACKET, PACKET_AUXDATA) == 1 && get(raw, SOL_PACKET, PACKET_ORIGDEV) == 1, "raw: data beside the packets");
	CHECK(get(raw, SOL_PACKET, PACKET_TIMESTAMP) == 1, "raw: time stamps");
	CHECK(get(cooked, SOL_PACKET, PACKET_AUXDATA) == 0 && get(headers, SOL_PACKET, PACKET_VNET_HDR) == 1, "switches");
	CHECK(get(cooked, SOL_SOCKET, SO_RCVBUF) == 600000, "cooked: size of its buffer");
	CHECK(listens("lo", "01005e010203"), "a group");
	CHECK(setsockopt(raw, SOL_PACKET, PACKET_DROP_MEMBERSHIP, &group, sizeof group) == 0 && !listens("lo", "01005e010203"), "leaving a group");
	CHECK(get(ring, SOL_PACKET, PACKET_VERSION) == TPACKET_V2 && get(ring, SOL_PACKET, PACKET_RESERVE) == 64, "ring: version");
	CHECK(get(ring, SOL_PACKET, PACKET_LOSS) == 1, "ring: loss");
	CHECK(get(fans[0], SOL_PACKET, PACKET_FANOUT) == (77 | PACKET_FANOUT_LB << 16), "fanout: %x", get(fans[0], SOL_PACKET, PACKET_FANOUT));

	arrived(raw), arrived(cooked), arrived(old), arrived(filtered), arrived(headers), arrived(fans[0]), arrived(fans[1]);
	struct tpacket2_hdr *first = (void *)frames;
	CHECK(first->tp_status == TP_STATUS_KERNEL, "ring: its first frame has status %x", first->tp_status);
	for (int n = 0; n < 4; n++) {
		char frame[64] = "";
		*(unsigned short *)(frame + 12) = htons(test);
		strcpy(frame + 14, "content");
		CHECK(send(raw, frame, sizeof frame, 0) == sizeof frame, "send");
	}
	usleep(20000);
	CHECK(arrived(cooked) == 4 && arrived(old) == 4 && arrived(headers) == 4, "something did not arrive");
	CHECK(arrived(filtered) == 0 && arrived(unbound) == 0, "something arrived");
	int one = arrived(fans[0]), two = arrived(fans[1]);
	CHECK(one == 2 && two == 2, "fanout: %d and %d", one, two);
	CHECK((first->tp_status & TP_STATUS_USER) != 0, "ring: nothing came");
	CHECK(strcmp(frames + first->tp_mac + 14, "content") == 0, "ring: other content came");
	return finish();
}
