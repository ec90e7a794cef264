/* Files that the test changes or deletes before the restore. Reports what it has open then. */
#include "../case.h"

static char report[8000];
static FILE *told;

static void tell(const char *what, int fd)
{
	struct stat now = { 0 };
	char text[64] = "";
	fstat(fd, &now);
	ssize_t length = pread(fd, text, sizeof text - 1, 0);
	/* The size of a directory is the file system's affair. */
	long size = S_ISDIR(now.st_mode) ? 0 : (long)now.st_size;
	fprintf(told, "%s: %s, mode %o, size %ld, %s, at %ld\n", what, name_of(fd), now.st_mode, size,
		length < 0 ? strerrorname_np(errno) : text, (long)lseek(fd, 0, SEEK_CUR));
}

int main(void)
{
	umask(0);
	MUST(mkdir("state", 0750) == 0 && mkdir("state/deep", 0700) == 0);
	put("grown", "before\n");
	put("discarded", "old\n");
	put("copied", "copied");
	int grown = open("grown", O_RDWR), discarded = open("discarded", O_RDWR), copied = open("copied", O_RDONLY);
	int made = open("state/deep/made", O_RDWR | O_CREAT | O_APPEND, 0640), directory = open("state", O_RDONLY | O_DIRECTORY);
	MUST(grown >= 0 && discarded >= 0 && copied >= 0 && made >= 0 && directory >= 0);
	MUST(lseek(grown, 0, SEEK_END) == 7 && lseek(discarded, 2, SEEK_SET) == 2 && lseek(copied, 3, SEEK_SET) == 3);

	wait_for_restore();

	told = fmemopen(report, sizeof report, "w");
	if (write(discarded, "lost", 4) != 4 || write(made, "new", 3) != 3)
		fprintf(told, "cannot write: %s\n", strerrorname_np(errno));
	tell("grown", grown), tell("discarded", discarded), tell("copied", copied), tell("made", made), tell("directory", directory);
	fflush(told);
	put("verdict", report);
	return renameat(home, "verdict", home, "result");
}
