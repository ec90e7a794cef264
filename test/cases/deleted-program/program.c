/* A deleted program in a deleted directory. */
#include "../case.h"

int main(void)
{
	char executable[4096] = "", directory[4096], now[4096] = "";
	home = open(".", O_RDONLY | O_DIRECTORY);
	MUST(home >= 0 && readlink("/proc/self/exe", executable, sizeof executable - 1) > 0);
	MUST(unlink(executable) == 0);
	MUST(mkdir("gone", 0750) == 0 && chdir("gone") == 0 && rmdir("../gone") == 0);
	MUST(readlink("/proc/self/cwd", directory, sizeof directory - 1) > 0);
	strcat(executable, " (deleted)");

	wait_for_restore();

	struct stat current;
	MUST(readlink("/proc/self/exe", now, sizeof now - 1) > 0);
	CHECK(!strcmp(now, executable), "the program is %s", now);
	CHECK(readlink("/proc/self/cwd", now, sizeof now - 1) > 0 && ends_with(now, "/gone (deleted)"), "the directory is %s", now);
	CHECK(stat(".", &current) == 0 && (current.st_mode & 0777) == 0750, "the directory has mode 0%o", current.st_mode);
	CHECK(open("file", O_WRONLY | O_CREAT, 0600) < 0 && errno == ENOENT, "the directory can be used");
	return finish();
}
