/* A container: pid 1 and its child in new pid, mount, UTS, IPC and network namespaces, with tmpfs, a bind mount and a link to the host. If the file
 * "users" exists, they are also in a new user namespace. The process that starts them stays outside. */
#include "../container.h"
#include <arpa/inet.h>
#include <linux/sched.h>
#include <netinet/in.h>
#include <sys/shm.h>
#include <sys/socket.h>

#define PORT 7300

static void run(const char *command)
{
	if (system(command) != 0) {
		fprintf(stderr, "%s\n", command);
		exit(1);
	}
}

static int serving(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in at = { AF_INET, htons(PORT), { INADDR_ANY }, "" };
	MUST(bind(fd, (void *)&at, sizeof at) == 0 && listen(fd, 5) == 0);
	return fd;
}

/* Greets every client, and never ends. */
static void serve(int listener)
{
	for (;;) {
		int client = accept(listener, NULL, NULL);
		if (client < 0 || write(client, "hello\n", 6) != 6)
			_exit(1);
		close(client);
	}
}

static int greeted(const char *address)
{
	char got[10] = "";
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in to = { AF_INET, htons(PORT), { inet_addr(address) }, "" };
	struct timeval limit = { 5, 0 };
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
	int right = connect(fd, (void *)&to, sizeof to) == 0 && read(fd, got, sizeof got) == 6 && strcmp(got, "hello\n") == 0;
	close(fd);
	return right;
}

static int contained(void)
{
	MUST(getpid() == 1 && setsid() == 1 && sethostname("container", 9) == 0);
	MUST(mount("scratch", "/tmp", "tmpfs", MS_NOSUID, "size=2m,mode=1777") == 0);
	MUST(mount("/shared", "/bound", NULL, MS_BIND, NULL) == 0);
	MUST(mount(NULL, "/bound", NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL) == 0);
	put("/tmp/scratch", "in tmpfs");
	int shared = shmget(0x31, 4096, IPC_CREAT | 0600), scratch = open("/tmp/scratch", O_RDWR), listener = serving();
	char *memory = shmat(shared, NULL, 0);
	MUST(memory != (void *)-1 && strcpy(memory, "shared"));
	/* They are outside of the container. */
	close(0), close(1), close(2);
	pid_t child = fork();
	if (child == 0)
		serve(listener);

	wait_for_name();
	wait_for_restore();

	char name[65] = "", text[20] = "";
	CHECK(getpid() == 1 && getsid(0) == 1 && getppid() == 0, "pid %d, session %d, parent %d", getpid(), getsid(0), getppid());
	CHECK(kill(child, 0) == 0 && waitpid(child, NULL, WNOHANG) == 0, "child %d", child);
	CHECK(getuid() == 0 && getgid() == 0, "user %d, group %d", getuid(), getgid());
	CHECK(gethostname(name, sizeof name) == 0 && strcmp(name, "container") == 0, "host name '%s'", name);
	CHECK(has(scratch, "in tmpfs") && access("/tmp/scratch", R_OK | W_OK) == 0, "file in tmpfs");
	int bound = open("/bound/file", O_RDONLY);
	CHECK(bound >= 0 && has(bound, "bound"), "bind mount");
	CHECK(open("/bound/file", O_RDWR) < 0 && errno == EROFS, "the bind mount can be written");
	CHECK(readlink("/proc/self", text, sizeof text) == 1 && *text == '1', "/proc/self is %s", text);
	CHECK(access("/etc", F_OK) != 0, "the root is that of the host");
	CHECK(strcmp(memory, "shared") == 0 && shmget(0x31, 0, 0) == shared, "shared memory");
	CHECK(greeted("127.0.0.1"), "nobody greets here");
	CHECK(greeted("192.0.2.1"), "the host does not greet");
	finish();
	pause();
	return 0;
}

int main(int count, char **argv)
{
	if (access("/program", X_OK) == 0)
		return contained();
	int ready[2], has_users = access("users", F_OK) == 0;
	char place[100] = "", command[1000], byte;
	int name = open("host", O_RDONLY);
	MUST(name >= 0 && read(name, place, sizeof place - 1) > 0 && close(name) == 0 && pipe2(ready, O_CLOEXEC) == 0);
	struct clone_args args = { .flags = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET | (has_users ? CLONE_NEWUSER : 0),
				   .exit_signal = SIGCHLD };
	pid_t pid = syscall(SYS_clone3, &args, sizeof args);
	MUST(pid >= 0);
	if (pid == 0) {
		MUST(read(ready[0], &byte, 1) == 1);
		MUST(!has_users || (setresgid(0, 0, 0) == 0 && setresuid(0, 0, 0) == 0));
		enter(argv);
	}
	if (has_users) {
		snprintf(command, sizeof command, "/proc/%d/uid_map", pid);
		write_file(command, "0 100000 1000\n2000 200000 10\n");
		snprintf(command, sizeof command, "/proc/%d/gid_map", pid);
		write_file(command, "0 100000 1000\n2000 200000 10\n");
	}
	snprintf(command, sizeof command, "nsenter --net=%s ip link add uplink type veth peer name eth0 netns %d", place, pid);
	run(command);
	snprintf(command, sizeof command, "nsenter --net=/proc/%d/ns/net sh -c 'ip link set lo up; ip addr add 192.0.2.2/24 dev eth0; ip link set eth0 up'",
		 pid);
	run(command);
	snprintf(command, sizeof command, "%d", pid);
	put("tree", command);
	MUST(write(ready[1], "r", 1) == 1);
	return waitpid(pid, NULL, 0) == pid ? 0 : 1;
}
