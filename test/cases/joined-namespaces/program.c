/* A task without its own namespaces. It is restored into those that the file "joined" lists by name and number. */
#include "../case.h"

int main(void)
{
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
	kill(child, SIGKILL);
	return finish();
}
