/*
 * A file, an external file and a pipe that the restore replaces with inherited descriptors. If the file "contained" exists, the program has a mount
 * namespace of its own.
 */
#include "../container.h"

int main(int count, char **argv)
{
	if (access("contained", F_OK) == 0)
		enter_container(argv);
	char name[64], line[64];
	int log = open("log", O_WRONLY | O_CREAT, 0644);
	MUST(log >= 0 && write(log, "before", 6) == 6);
	int external = open("external", O_RDWR | O_CREAT, 0644);
	MUST(external >= 0 && write(external, "before", 6) == 6);
	struct stat stat;
	int mount = 0;
	snprintf(name, sizeof name, "/proc/self/fdinfo/%d", external);
	FILE *info = fopen(name, "r");
	while (info && fgets(line, sizeof line, info))
		sscanf(line, "mnt_id: %d", &mount);
	MUST(info && fclose(info) == 0 && mount > 0 && fstat(external, &stat) == 0);
	snprintf(name, sizeof name, "file[%x:%lx]", mount, (long)stat.st_ino);
	put("external-name", name);
	int ends[2];
	MUST(pipe(ends) == 0);
	put("pipe-name", name_of(ends[0]));

	wait_for_restore();

	CHECK(write(log, "after", 5) == 5, "write to the log");
	CHECK(write(external, "after", 5) == 5, "write to the external file");
	CHECK((fcntl(ends[0], F_GETFL) & O_ACCMODE) == O_RDONLY, "flags of the reader");
	CHECK((fcntl(ends[1], F_GETFL) & O_ACCMODE) == O_WRONLY, "flags of the writer");
	char got[8] = "";
	CHECK(read(ends[0], got, 7) == 7 && !strcmp(got, "outside"), "the pipe gives %s", got);
	return finish();
}
