/* A task with memory and a file. */
#include "../case.h"

int main(void)
{
	pid_t pid = getpid();
	char *memory = malloc(100000);
	memset(memory, 'm', 100000);
	int file = open("file", O_RDWR | O_CREAT | O_APPEND, 0600);
	MUST(file >= 0 && write(file, "before", 6) == 6);
	wait_for_restore();
	CHECK(getpid() == pid, "pid is %d", getpid());
	CHECK(getuid() == 0 && getgid() == 0, "ids are %d %d", getuid(), getgid());
	for (int i = 0; i < 100000; i++)
		if (memory[i] != 'm') {
			CHECK(0, "memory at %d", i);
			break;
		}
	CHECK(write(file, "after", 5) == 5 && has(file, "beforeafter"), "file");
	char self[64];
	snprintf(self, sizeof self, "/proc/%d/status", pid);
	CHECK(access(self, F_OK) == 0, "%s", self);
	return finish();
}
