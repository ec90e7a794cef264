/* More open files than half of a limit of 20,000: the restore must not need two numbers for each. */
#include "../case.h"
#include <sys/resource.h>

#define MOST 12000
#define ONE_FILE 500

int main(void)
{
	struct rlimit limit;
	MUST(getrlimit(RLIMIT_NOFILE, &limit) == 0);
	limit.rlim_cur = limit.rlim_max;
	MUST(setrlimit(RLIMIT_NOFILE, &limit) == 0);
	int count = limit.rlim_max < MOST + 50 ? limit.rlim_max - 50 : MOST;
	int *files = calloc(count, sizeof *files);
	for (int n = 0; n < count; n++) {
		files[n] = open(n < ONE_FILE ? "data" : "/dev/null", O_RDWR | O_CREAT, 0644);
		MUST(files[n] >= 0);
		MUST(n >= ONE_FILE || (ftruncate(files[n], ONE_FILE) == 0 && lseek(files[n], n % 2, SEEK_SET) == n % 2));
	}
	wait_for_restore();
	int wrong = 0;
	for (int n = 0; n < ONE_FILE; n++) {
		/* Each has its own position: moving one moves no other. */
		wrong += lseek(files[n], n, SEEK_CUR) != n + n % 2;
	}
	for (int n = ONE_FILE; n < count; n++)
		wrong += fcntl(files[n], F_GETFL) < 0;
	CHECK(wrong == 0, "%d of %d files are wrong", wrong, count);
	CHECK(fcntl(files[count - 1] + 1, F_GETFL) < 0, "there are more descriptors");
	return finish();
}
