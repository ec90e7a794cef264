/* A network namespace with permanent neighbours, proxies, and links with an alias, a queue length and a group. */
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
};

#define LOOK "(ip -o link show dev one; ip -o link show dev two; ip neigh show nud permanent; ip neigh show proxy) | sed -E 's/@[^:]*//; s/state [A-Z]+//' >"

int main(void)
{
	MUST(unshare(CLONE_NEWNET) == 0);
	for (unsigned n = 0; n < sizeof commands / sizeof *commands; n++)
		MUST(system(commands[n]) == 0);
	MUST(system(LOOK "before; grep -q 'qlen 77' before && grep -q 'the first link' before && test $(wc -l < before) = 5") == 0);
	wait_for_restore();
	CHECK(system(LOOK "after; cmp -s before after") == 0, "links or neighbours are others");
	return finish();
}
