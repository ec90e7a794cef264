/* Files that have lost the name under which they were opened, but have another one. */
#include "../case.h"

int main(void)
{
	int file = open("name", O_RDWR | O_CREAT, 0644);
	MUST(file >= 0 && write(file, "content", 7) == 7 && lseek(file, 3, SEEK_SET) == 3);
	MUST(link("name", "other") == 0 && unlink("name") == 0);
	/* another file has the name now */
	int taken = open("taken", O_RDWR | O_CREAT, 0644);
	MUST(taken >= 0 && write(taken, "old", 3) == 3);
	MUST(link("taken", "moved") == 0 && unlink("taken") == 0);
	put("taken", "new");

	wait_for_restore();

	struct stat opened, named;
	MUST(fstat(file, &opened) == 0 && stat("other", &named) == 0);
	CHECK(opened.st_ino == named.st_ino, "file and other are two files");
	CHECK(has(file, "content") && lseek(file, 0, SEEK_CUR) == 3, "content and offset");
	CHECK(ends_with(name_of(file), "/name (deleted)"), "file is %s", name_of(file));
	CHECK(access("name", F_OK) != 0, "name is there again");
	MUST(fstat(taken, &opened) == 0 && stat("moved", &named) == 0);
	CHECK(opened.st_ino == named.st_ino && has(taken, "old"), "taken and moved are two files");
	MUST(stat("taken", &named) == 0);
	CHECK(opened.st_ino != named.st_ino, "taken has its name again");
	/* the restore removes the links of the dump once the tree runs */
	struct timespec pause = { 0, 10000000 };
	for (int n = 0; n < 100 && fstat(file, &opened) == 0 && opened.st_nlink > 1; n++)
		nanosleep(&pause, NULL);
	CHECK(opened.st_nlink == 1, "file has %ld names", (long)opened.st_nlink);
	return finish();
}
