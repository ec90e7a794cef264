/* A network namespace with permanent neighbours, proxies, a bridge with static entries, and links with settings, alternative names and queueing disciplines. */
#include "../case.h"
#include <sched.h>

static const char *const commands[] = {
	"ip link add one type veth peer name two",
	"ip link set one alias 'the first link' txqueuelen 77",
	"ip link set two group 7",
	"ip link set lo up && ip link set one up && ip link set two up",
	"ip addr add 10.4.4.1/24 dev one",
	"ip neigh add 10.4.4.9 lladdr 02:00:00:00:00:09 dev one nud permanent",
	"ip neigh add fd00::9 lladdr 02:00:00:00:00:10 dev two nud permanent router",
	"ip neigh add proxy 10.4.4.10 dev one",
	"ip link add bridge0 address 02:00:00:00:00:20 type bridge && ip link set bridge0 up",
	"ip link add three type veth peer name four",
	"ip link set three up && ip link set four master bridge0 && ip link set four up",
	"bridge fdb add 02:00:00:00:00:21 dev four master static",
	"bridge fdb add 02:00:00:00:00:22 dev four master permanent",
	"bridge fdb add 02:00:00:00:00:23 dev bridge0 self permanent",
	"bridge fdb add 02:00:00:00:00:24 dev three self",
	"ip maddr add 33:33:00:00:00:77 dev three",
	"ip link property add dev three altname the-third altname third-of-four",
	"tc qdisc add dev one root handle 5: tbf rate 1mbit burst 32kbit latency 400ms",
	"tc qdisc add dev one parent 5:1 handle 6: pfifo limit 33",
	"tc qdisc add dev two clsact",
};

#define LOOK "(ip -o link show dev one; ip -o link show dev two; ip neigh show nud permanent; ip neigh show proxy) | sed -E 's/@[^:]*//; s/state [A-Z]+//' >"
#define LOOK_AT_MORE "(bridge fdb show; ip -o maddr show; ip link show dev three | grep altname; tc qdisc show) | sort >"

int main(void)
{
	MUST(unshare(CLONE_NEWNET) == 0);
	for (unsigned n = 0; n < sizeof commands / sizeof *commands; n++)
		MUST(system(commands[n]) == 0);
	MUST(system(LOOK "before; grep -q 'qlen 77' before && grep -q 'the first link' before && test $(wc -l < before) = 5") == 0);
	MUST(system(LOOK_AT_MORE "more; grep -q 00:21 more && grep -q third-of-four more && grep -q 'limit 33' more") == 0);
	wait_for_restore();
	CHECK(system(LOOK "after; cmp -s before after") == 0, "links or neighbours are others");
	CHECK(system(LOOK_AT_MORE "later; cmp -s more later") == 0, "entries of bridges, names or disciplines are others");
	return finish();
}
