/* TUN and TAP links in a new network namespace: persistent or not, with several queues, with traffic. */
#include "../case.h"
#include <arpa/inet.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <sys/socket.h>

static int device(void)
{
	int fd = open("/dev/net/tun", O_RDWR);
	MUST(fd >= 0);
	return fd;
}

static int attached(const char *name, int flags)
{
	struct ifreq request = { .ifr_flags = flags };
	strcpy(request.ifr_name, name);
	int fd = device();
	MUST(ioctl(fd, TUNSETIFF, &request) == 0);
	return fd;
}

static void link_with(const char *name, int command, struct ifreq *request)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	strcpy(request->ifr_name, name);
	MUST(fd >= 0 && ioctl(fd, command, request) == 0 && close(fd) == 0);
}

/* Tries to attach as an unprivileged user. */
static int attach_as(uid_t user, gid_t group)
{
	struct ifreq request = { .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR };
	strcpy(request.ifr_name, "kept");
	int fd = device();
	MUST(setegid(group) == 0 && seteuid(user) == 0);
	int result = ioctl(fd, TUNSETIFF, &request);
	MUST(seteuid(0) == 0 && setegid(0) == 0);
	close(fd);
	return result;
}

static int flags_of(int fd, char *name)
{
	struct ifreq request;
	memset(&request, 0, sizeof request);
	CHECK(ioctl(fd, TUNGETIFF, &request) == 0, "TUNGETIFF");
	strcpy(name, request.ifr_name);
	return (unsigned short)request.ifr_flags;
}

int main(void)
{
	MUST(unshare(CLONE_NEWNET) == 0);
	struct ifreq request;
	int value = 5000, header = 12;
	int tun = attached("tunnel", IFF_TUN | IFF_NO_PI);
	MUST(ioctl(tun, TUNSETSNDBUF, &value) == 0 && ioctl(tun, TUNSETVNETHDRSZ, &header) == 0);
	struct sockaddr_in *address = (void *)&request.ifr_addr;
	*address = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr = { inet_addr("10.9.8.1") } };
	link_with("tunnel", SIOCSIFADDR, &request);
	address->sin_addr.s_addr = inet_addr("255.255.255.0");
	link_with("tunnel", SIOCSIFNETMASK, &request);
	request.ifr_mtu = 1400;
	link_with("tunnel", SIOCSIFMTU, &request);
	request.ifr_flags = IFF_UP;
	link_with("tunnel", SIOCSIFFLAGS, &request);

	int keeper = attached("kept", IFF_TAP | IFF_NO_PI | IFF_VNET_HDR);
	MUST(ioctl(keeper, TUNSETPERSIST, 1) == 0 && ioctl(keeper, TUNSETOWNER, 1234) == 0 && ioctl(keeper, TUNSETGROUP, 2345) == 0);
	memcpy(request.ifr_hwaddr.sa_data, "\x02\x11\x22\x33\x44\x55", 6);
	request.ifr_hwaddr.sa_family = 1; /* ARPHRD_ETHER */
	link_with("kept", SIOCSIFHWADDR, &request);
	MUST(close(keeper) == 0);

	int queues[3];
	for (int n = 0; n < 3; n++)
		queues[n] = attached("queues", IFF_TAP | IFF_MULTI_QUEUE);
	struct ifreq detach = { .ifr_flags = IFF_DETACH_QUEUE };
	MUST(ioctl(queues[1], TUNSETQUEUE, &detach) == 0);
	int unattached = device();
	MUST(fcntl(tun, F_SETFL, O_NONBLOCK) == 0);
	int index = if_nametoindex("tunnel");

	wait_for_restore();

	char name[IFNAMSIZ];
	int flags = flags_of(tun, name);
	CHECK(strcmp(name, "tunnel") == 0 && (flags & IFF_TUN) && (flags & IFF_NO_PI) && !(flags & IFF_PERSIST), "tunnel: flags %x", flags);
	CHECK((int)if_nametoindex("tunnel") == index, "tunnel: index");
	value = header = 0;
	CHECK(ioctl(tun, TUNGETSNDBUF, &value) == 0 && value == 5000, "tunnel: buffer of %d", value);
	CHECK(ioctl(tun, TUNGETVNETHDRSZ, &header) == 0 && header == 12, "tunnel: header of %d", header);
	link_with("tunnel", SIOCGIFMTU, &request);
	CHECK(request.ifr_mtu == 1400, "tunnel: mtu %d", request.ifr_mtu);
	CHECK((fcntl(tun, F_GETFL) & (O_NONBLOCK | O_ACCMODE)) == (O_NONBLOCK | O_RDWR), "tunnel: flags of the file");

	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct sockaddr_in peer = { .sin_family = AF_INET, .sin_port = htons(9), .sin_addr = { inet_addr("10.9.8.7") } };
	CHECK(sendto(fd, "through", 7, 0, (void *)&peer, sizeof peer) == 7, "tunnel: send");
	char packet[2000];
	int found = 0;
	for (ssize_t length; (length = read(tun, packet, sizeof packet)) > 0;)
		found |= length == 35 && memcmp(packet + 28, "through", 7) == 0;
	CHECK(found, "tunnel: nothing came through");

	link_with("kept", SIOCGIFHWADDR, &request);
	CHECK(memcmp(request.ifr_hwaddr.sa_data, "\x02\x11\x22\x33\x44\x55", 6) == 0, "kept: address");
	CHECK(attach_as(1234, 2345) == 0, "kept: its owner cannot attach");
	CHECK(attach_as(1235, 2345) < 0 && attach_as(1234, 2346) < 0, "kept: others can attach");
	keeper = attached("kept", IFF_TAP | IFF_NO_PI | IFF_VNET_HDR);
	CHECK((flags_of(keeper, name) & (IFF_TAP | IFF_VNET_HDR | IFF_PERSIST)) == (IFF_TAP | IFF_VNET_HDR | IFF_PERSIST), "kept: flags");

	for (int n = 0; n < 3; n++) {
		flags = flags_of(queues[n], name);
		CHECK(strcmp(name, "queues") == 0 && (flags & IFF_MULTI_QUEUE), "queue %d: '%s', flags %x", n, name, flags);
		CHECK(!(flags & IFF_DETACH_QUEUE) == (n != 1), "queue %d: attached, or not", n);
	}
	CHECK(ioctl(unattached, TUNGETIFF, &request) < 0 && errno == EBADFD, "unattached");
	close(tun);
	for (int n = 0; n < 3; n++)
		close(queues[n]);
	CHECK(if_nametoindex("tunnel") == 0 && if_nametoindex("queues") == 0 && if_nametoindex("kept") != 0, "what is left");
	return finish();
}
