/* Names that are not valid text, of files, directories, tasks and memfds. */
#include "../case.h"
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>

#define NAME "\xff\xfe name\n\t\xc3"

static const struct sockaddr_un listening = { AF_UNIX, NAME " socket" }, deleted_name = { AF_UNIX, "\xfb" NAME };

static int bound(int type, const struct sockaddr_un *address)
{
	int bound = socket(AF_UNIX, type, 0);
	MUST(bound >= 0 && bind(bound, (void *)address, sizeof *address) == 0);
	return bound;
}

static int connected(int type, const struct sockaddr_un *address)
{
	int connected = socket(AF_UNIX, type, 0);
	return connect(connected, (void *)address, sizeof *address) == 0 ? connected : -1;
}

static volatile int stage;
static char thread_name[16];

static void *run(void *unused)
{
	prctl(PR_SET_NAME, "\x80\x81 thread");
	stage = 1;
	while (stage == 1)
		usleep(1000);
	prctl(PR_GET_NAME, thread_name);
	stage = 3;
	return unused;
}

int main(void)
{
	char name[16] = "", cwd[4096];
	int root = open(".", O_RDONLY | O_DIRECTORY);
	MUST(prctl(PR_SET_NAME, "\xe9t\xe9") == 0);
	MUST(mkdir("\xf0" NAME, 0755) == 0 && chdir("\xf0" NAME) == 0);
	home = root;
	int file = open(NAME, O_RDWR | O_CREAT, 0600);
	MUST(file >= 0 && write(file, "content", 7) == 7 && ftruncate(file, 4096) == 0);
	char *mapped = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	char *private = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
	int deleted = open("\xfd" NAME, O_RDWR | O_CREAT, 0600);
	MUST(mapped != MAP_FAILED && private != MAP_FAILED && deleted >= 0 && write(deleted, "deleted", 7) == 7 && unlink("\xfd" NAME) == 0);
	MUST(memfd_create("\xaa memfd", 0) >= 0);
	int listener = bound(SOCK_STREAM, &listening), receiver = bound(SOCK_DGRAM, &deleted_name);
	int sender = connected(SOCK_DGRAM, &deleted_name);
	MUST(listen(listener, 1) == 0 && sender >= 0 && unlink(deleted_name.sun_path) == 0);
	pthread_t thread;
	MUST(pthread_create(&thread, NULL, run, NULL) == 0);
	pid_t zombie = fork();
	if (zombie == 0) {
		prctl(PR_SET_NAME, "\xfa zombie");
		_exit(3);
	}
	while (stage == 0)
		usleep(1000);
	usleep(50000);
	wait_for_restore();
	prctl(PR_GET_NAME, name);
	CHECK(strcmp(name, "\xe9t\xe9") == 0, "name of the task");
	stage = 2;
	pthread_join(thread, NULL);
	CHECK(strcmp(thread_name, "\x80\x81 thread") == 0, "name of the thread");
	CHECK(ends_with(name_of(file), "/" NAME), "name of the file is %s", name_of(file));
	CHECK(ends_with(name_of(deleted), "/\xfd" NAME " (deleted)") && has(deleted, "deleted"), "name of the deleted file is %s", name_of(deleted));
	CHECK(memcmp(mapped, "content", 7) == 0 && memcmp(private, "content", 7) == 0, "mapped content");
	CHECK(getcwd(cwd, sizeof cwd) != NULL && ends_with(cwd, "/\xf0" NAME), "directory is %s", cwd);
	char comm[64], path[64];
	CHECK(connected(SOCK_STREAM, &listening) >= 0, "socket");
	CHECK(send(sender, "data", 4, 0) == 4 && recv(receiver, comm, sizeof comm, MSG_DONTWAIT) == 4, "deleted socket");
	snprintf(path, sizeof path, "/proc/%d/comm", zombie);
	int fd = open(path, O_RDONLY);
	ssize_t got = read(fd, comm, sizeof comm);
	CHECK(got == 9 && memcmp(comm, "\xfa zombie\n", 9) == 0, "name of the zombie");
	return finish();
}
