/* A network namespace with a bridge, a pair of veth links, a macvlan link of one of them and a persistent TAP link. Two are ports of the bridge. */
#include "../case.h"
#include <sched.h>

static const char *const commands[] = {
	"ip link add one type veth peer name two",
	"ip link add bridge0 type bridge",
	"ip link add mac0 link two address 02:00:00:00:00:22 type macvlan mode private && ip addr add 10.4.6.1/24 dev mac0",
	"ip tuntap add tap0 mode tap user 1000 group 1001 multi_queue",
	"ip link set one master bridge0",
	"ip link set tap0 master bridge0",
	"ip link set one address 02:00:00:00:00:01 mtu 1400",
	"ip addr add 10.4.4.1/24 dev bridge0",
	"ip addr add 10.4.5.1/24 dev two",
	"ip rule add from 10.4.4.0/24 lookup 77 pref 500 && ip -6 rule add fwmark 5 lookup 78 pref 600",
	"ip link set lo up && ip link set bridge0 up && ip link set one up && ip link set two up",
};

/* Without timers and lengths of queues. */
#define LOOK "(ip -d -o link | sed -E 's/ qlen [0-9]+|[a-z_]+_timer +[0-9.]+|@[a-z0-9]+//g'; ip -o -4 addr; ip route; ip rule; ip -6 rule) >"

int main(void)
{
	MUST(unshare(CLONE_NEWNET) == 0);
	for (unsigned n = 0; n < sizeof commands / sizeof *commands; n++)
		MUST(system(commands[n]) == 0);
	/* The bridge begins to forward when its ports have come up. */
	MUST(system("for n in $(seq 100); do bridge link | grep -q 'one.*forwarding' && exit; sleep .1; done") == 0);
	MUST(system(LOOK "before") == 0);
	wait_for_restore();
	int same = 0;
	for (int n = 0; n < 100 && !same; n++) {
		same = system(LOOK "after; cmp -s before after") == 0;
		usleep(100000);
	}
	CHECK(same, "links are others");
	return finish();
}
