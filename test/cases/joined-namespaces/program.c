/*
 * A task without its own namespaces, or if the file "own" exists, with its own and content in them. It is restored into those that the file "joined" lists
 * by name and number.
 */
#include "../case.h"
#include <sched.h>
#include <sys/shm.h>

int main(void)
{
	if (access("own", F_OK) == 0) {
		MUST(unshare(CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET) == 0 && sethostname("own", 3) == 0);
		MUST(shmget(1, 4096, IPC_CREAT | 0600) >= 0 && system("ip link set lo up; ip addr add 192.0.2.1/32 dev lo") == 0);
	}
	pid_t child = fork();
	if (child == 0)
		for (;;)
			pause();
	wait_for_restore();
	char name[20], path[64];
	unsigned long number;
	FILE *joined = fopen("joined", "r");
	CHECK(joined != NULL, "joined");
	while (joined && fscanf(joined, "%19s %lu", name, &number) == 2) {
		for (int n = 0; n < 2; n++) {
			struct stat found = { 0 };
			snprintf(path, sizeof path, "/proc/%d/ns/%s", n ? child : getpid(), name);
			CHECK(stat(path, &found) == 0 && found.st_ino == number, "%s is %lu, not %lu", path, found.st_ino, number);
		}
	}
	char host[65] = "";
	MUST(gethostname(host, sizeof host - 1) == 0);
	CHECK(strcmp(host, "own") != 0 && shmget(1, 4096, 0600) < 0, "host %s has the content of the old namespaces", host);
	kill(child, SIGKILL);
	return finish();
}
