/* A program in a memfd, which it has open for writing. CRIU cannot restore it. */
#include "../case.h"
#include <sys/sendfile.h>

int main(void)
{
	if (getenv("IN_MEMFD") == NULL) {
		char path[32], *words[] = { "program", NULL };
		int memfd = memfd_create("program", 0), file = open("/proc/self/exe", O_RDONLY);
		struct stat status;
		MUST(fstat(file, &status) == 0 && sendfile(memfd, file, NULL, status.st_size) == status.st_size && close(file) == 0);
		snprintf(path, sizeof path, "/proc/self/fd/%d", memfd);
		setenv("IN_MEMFD", "yes", 1);
		execv(path, words);
		perror("execv");
		return 1;
	}
	char name[100] = "";
	wait_for_restore();
	CHECK(readlink("/proc/self/exe", name, sizeof name - 1) > 0 && strstr(name, "memfd:program") != NULL, "the program is %s", name);
	CHECK((fcntl(3, F_GETFL) & O_ACCMODE) == O_RDWR && lseek(3, 0, SEEK_CUR) > 0, "flags %o", fcntl(3, F_GETFL));
	return finish();
}
