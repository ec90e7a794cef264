/* Files without their names, open through two mounts of one file system in a namespace: the mounts show different directories of it. */
#include "../container.h"

static int opened(const char *path)
{
	int fd = open(path, O_RDWR);
	MUST(fd >= 0);
	return fd;
}

int main(int argc, char **argv)
{
	(void)argc;
	enter_container(argv);
	MUST(mkdir("/whole", 0755) == 0 && mkdir("/part", 0755) == 0);
	MUST(mount("scratch", "/whole", "tmpfs", 0, "mode=755") == 0 && mkdir("/whole/below", 0755) == 0);
	MUST(mount("/whole/below", "/part", NULL, MS_BIND, NULL) == 0);
	put("/part/deleted", "deleted");
	int deleted[] = { opened("/part/deleted"), opened("/whole/below/deleted") };
	MUST(unlink("/part/deleted") == 0);
	put("/part/linked", "linked");
	int linked[] = { opened("/part/linked"), opened("/whole/below/linked") };
	MUST(link("/whole/below/linked", "/whole/other") == 0 && unlink("/part/linked") == 0);
	put("/whole/below/kept", "kept");
	int kept[] = { opened("/part/kept"), opened("/whole/below/kept") };

	wait_for_restore();

	int *const pairs[] = { deleted, linked, kept };
	const char *const texts[] = { "deleted", "linked", "kept" };
	for (int n = 0; n < 3; n++) {
		char text[10] = "";
		CHECK(pread(pairs[n][0], text, 9, 0) > 0 && strcmp(text, texts[n]) == 0, "%s has %s", texts[n], text);
		CHECK(pwrite(pairs[n][1], "D", 1, 0) == 1 && pread(pairs[n][0], text, 1, 0) == 1 && *text == 'D', "%s are two files", texts[n]);
		struct stat file;
		CHECK(fstat(pairs[n][0], &file) == 0 && file.st_nlink == (n == 0 ? 0 : 1), "%s has %d links", texts[n], (int)file.st_nlink);
	}
	char text[10] = "";
	CHECK(access("/part/deleted", F_OK) < 0 && access("/part/linked", F_OK) < 0, "there are names again");
	int other = open("/whole/other", O_RDONLY);
	CHECK(read(other, text, 9) == 6 && strcmp(text, "Dinked") == 0, "the link has %s", text);
	DIR *part = opendir("/part");
	struct dirent *entry;
	while ((entry = readdir(part)))
		CHECK(*entry->d_name == '.' || strcmp(entry->d_name, "kept") == 0, "there is %s", entry->d_name);
	return finish();
}
