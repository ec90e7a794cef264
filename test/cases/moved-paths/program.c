/* Every kind of path. Reports the paths that it finds, each with the directory of the test left out. */
#include "../case.h"
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/un.h>

static char report[20000];
static FILE *told;
#define SAY(...) fprintf(told, __VA_ARGS__)

static int bound(const char *path)
{
	struct sockaddr_un name = { AF_UNIX, "" };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	strcpy(name.sun_path, path);
	MUST(bind(fd, (void *)&name, sizeof name) == 0 && listen(fd, 1) == 0);
	return fd;
}

static void tell_link(const char *what, const char *link)
{
	char path[4096] = "";
	if (readlink(link, path, sizeof path - 1) < 0)
		SAY("%s: ", strerrorname_np(errno));
	SAY("%s %s\n", what, path);
}

static void tell_socket(const char *what, int fd)
{
	struct sockaddr_un name = { 0 };
	socklen_t length = sizeof name;
	getsockname(fd, (void *)&name, &length);
	int client = socket(AF_UNIX, SOCK_STREAM, 0);
	int works = connect(client, (void *)&name, length) == 0;
	SAY("%s %s %s\n", what, name.sun_path, works ? "answers" : strerrorname_np(errno));
	close(client);
}

static void tell_mapping(const char *what, const void *address)
{
	char line[4300], wanted[32];
	FILE *maps = fopen("/proc/self/maps", "r");
	snprintf(wanted, sizeof wanted, "%lx-", (unsigned long)address);
	while (fgets(line, sizeof line, maps))
		if (strncmp(line, wanted, strlen(wanted)) == 0)
			SAY("%s %s", what, strchr(line, '/'));
	fclose(maps);
}

int main(void)
{
	char directory[4096], path[4200];
	MUST(getcwd(directory, sizeof directory) != NULL);
	put("log", "text");
	put("mapped", "mapped");
	MUST(mkdir("watched", 0755) == 0);
	int log = open("log", O_RDWR | O_APPEND), mapped = open("mapped", O_RDWR), gone = open("gone", O_RDWR | O_CREAT, 0644);
	char *private = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, mapped, 0);
	char *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, mapped, 0);
	MUST(log >= 0 && private != MAP_FAILED && shared != MAP_FAILED && gone >= 0);
	MUST(write(gone, "gone", 4) == 4 && unlink("gone") == 0);
	close(mapped);
	snprintf(path, sizeof path, "%s/absolute", directory);
	int absolute = bound(path), relative = bound("relative");
	int notify = inotify_init1(IN_NONBLOCK);
	MUST(inotify_add_watch(notify, "watched", IN_CREATE) >= 0);

	wait_for_restore();

	char fd[32];
	told = fmemopen(report, sizeof report, "w");
	tell_link("cwd", "/proc/self/cwd");
	tell_link("exe", "/proc/self/exe");
	snprintf(fd, sizeof fd, "/proc/self/fd/%d", log);
	tell_link("log", fd);
	snprintf(fd, sizeof fd, "/proc/self/fd/%d", gone);
	tell_link("gone", fd);
	tell_mapping("private", private);
	tell_mapping("shared", shared);
	tell_socket("absolute", absolute);
	tell_socket("relative", relative);
	put("watched/new", "");
	char event[512];
	SAY("watch %s\n", read(notify, event, sizeof event) > 0 ? "tells" : strerrorname_np(errno));
	fflush(told);
	put("verdict", report);
	return renameat(home, "verdict", home, "result");
}
