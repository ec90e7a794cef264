/* Prints what the kernel shows of a process, its descendants and their threads, one fact a line: a key, a tab, a value. */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

static void hexadecimal(const void *bytes, size_t length)
{
	for (size_t n = 0; n < length; n++)
		printf("%02x", ((const unsigned char *)bytes)[n]);
	putchar('\n');
}

/* Prints each line of a file. With `named`, the text before a colon is part of the key; otherwise the number of the line is. */
static void show_file(const char *key, const char *path, int named)
{
	FILE *file = fopen(path, "r");
	if (file == NULL) {
		printf("%s\terrno %d\n", key, errno);
		return;
	}
	char line[65536];
	for (int n = 0; fgets(line, sizeof line, file); n++) {
		line[strcspn(line, "\n")] = 0;
		char *colon = strchr(line, ':');
		if (named && colon != NULL) {
			*colon++ = 0;
			printf("%s/%s\t%s\n", key, line, colon + strspn(colon, " \t"));
		} else {
			printf("%s/%d\t%s\n", key, n, line);
		}
	}
	fclose(file);
}

static void show_link(const char *key, const char *path)
{
	char link[4096];
	ssize_t length = readlink(path, link, sizeof link - 1);
	if (length < 0)
		printf("%s\terrno %d\n", key, errno);
	else
		printf("%s\t%.*s\n", key, (int)length, link);
}

/* struct sched_attr of the first version, and with utilization clamps. */
struct attributes {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
	uint32_t minimum, maximum;
};

/* The address of a syscall instruction of a thread: of the call that it is in, or else of its vdso. */
static unsigned long find_instruction(int tid, unsigned long ip)
{
	unsigned short last = 0;
	struct iovec to = { &last, sizeof last }, from = { (void *)(ip - 2), sizeof last };
	if (process_vm_readv(tid, &to, 1, &from, 1, 0) == sizeof last && last == 0x050f)
		return ip - 2;
	static unsigned char code[0x4000];
	char path[64], line[4096];
	unsigned long start, end, found = 0;
	snprintf(path, sizeof path, "/proc/%d/maps", tid);
	FILE *file = fopen(path, "r");
	while (file != NULL && fgets(line, sizeof line, file)) {
		if (strstr(line, "[vdso]") == NULL || sscanf(line, "%lx-%lx", &start, &end) != 2)
			continue;
		struct iovec whole = { code, sizeof code }, vdso = { (void *)start, end - start };
		ssize_t length = process_vm_readv(tid, &whole, 1, &vdso, 1, 0);
		for (ssize_t n = 0; n + 1 < length && found == 0; n++)
			if (code[n] == 0x0f && code[n + 1] == 0x05)
				found = start + n;
	}
	if (file != NULL)
		fclose(file);
	return found;
}

/* Waits for a stop of a thread, two seconds at most. Returns its wait status, 0 if it does not stop. */
static int await_stop(int tid)
{
	int status;
	for (int n = 0; n < 2000; n++) {
		int result = waitpid(tid, &status, __WALL | WNOHANG);
		if (result == tid && WIFSTOPPED(status))
			return status;
		if (result != 0)
			return 0;
		usleep(1000);
	}
	return 0;
}

/* Lets a stopped thread make a system call. */
static long call_in(int tid, const struct user_regs_struct *home, unsigned long at, long number, const long *arguments)
{
	struct user_regs_struct changed = *home;
	changed.rip = at;
	changed.rax = number;
	changed.orig_rax = -1;
	changed.rdi = arguments[0], changed.rsi = arguments[1], changed.rdx = arguments[2], changed.r10 = 0, changed.r8 = 0;
	ptrace(PTRACE_SETREGS, tid, 0, &changed);
	/* Its start, and its end. */
	for (int stops = 0; stops < 2;) {
		ptrace(PTRACE_SYSCALL, tid, 0, 0);
		int status = await_stop(tid);
		if (status == 0)
			return -ETIMEDOUT;
		stops += WSTOPSIG(status) == (SIGTRAP | 0x80);
	}
	ptrace(PTRACE_GETREGS, tid, 0, &changed);
	return changed.rax;
}

/* What only the thread itself can find out. */
static const struct {
	const char *name;
	long number, operation, argument;
	/* Which argument is an address that receives the answer. */
	int output;
} questions[] = {
	{ "parent-death-signal", SYS_prctl, 2, 0, 1 },
	{ "dumpable", SYS_prctl, 3, 0, 0 },
	{ "keep-capabilities", SYS_prctl, 7, 0, 0 },
	{ "time-stamp-counter", SYS_prctl, 25, 0, 1 },
	{ "securebits", SYS_prctl, 27, 0, 0 },
	{ "machine-checks", SYS_prctl, 34, 0, 0 },
	{ "subreaper", SYS_prctl, 37, 0, 1 },
	{ "clear-tid", SYS_prctl, 40, 0, 1 },
	{ "huge-pages-off", SYS_prctl, 42, 0, 0 },
	{ "store-bypass", SYS_prctl, 52, 0, 0 },
	{ "indirect-branches", SYS_prctl, 52, 1, 0 },
	{ "flush-of-l1d", SYS_prctl, 52, 2, 0 },
	{ "io-flusher", SYS_prctl, 58, 0, 0 },
	{ "write-execute", SYS_prctl, 66, 0, 0 },
	{ "memory-merge", SYS_prctl, 68, 0, 0 },
	{ "cpuid", SYS_arch_prctl, 0x1011, 0, 0 },
	{ "shadow-stack", SYS_arch_prctl, 0x5005, 0, 1 },
	{ "alternate-stack", SYS_sigaltstack, 0, 0, 1 },
};

static void show_answers(const char *key, int tid)
{
	if (ptrace(PTRACE_SEIZE, tid, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_SUSPEND_SECCOMP) != 0)
		return;
	struct user_regs_struct home;
	uint64_t mask, all = -1;
	if (ptrace(PTRACE_INTERRUPT, tid, 0, 0) != 0 || !await_stop(tid) || ptrace(PTRACE_GETREGS, tid, 0, &home) != 0) {
		printf("%s/answers\tit does not stop\n", key);
		return;
	}
	ptrace(PTRACE_GETSIGMASK, tid, sizeof mask, &mask);
	ptrace(PTRACE_SETSIGMASK, tid, sizeof all, &all);
	unsigned long at = find_instruction(tid, home.rip), room = (home.rsp - 1024) & ~15ul, saved[3], answer[3];
	struct iovec ours = { saved, sizeof saved }, theirs = { (void *)room, sizeof saved };
	if (at != 0 && process_vm_readv(tid, &ours, 1, &theirs, 1, 0) == sizeof saved) {
		for (size_t n = 0; n < sizeof questions / sizeof *questions; n++) {
			memset(answer, 0, sizeof answer);
			ours.iov_base = answer;
			process_vm_writev(tid, &ours, 1, &theirs, 1, 0);
			long arguments[3] = { questions[n].operation, questions[n].argument, 0 };
			if (questions[n].output)
				arguments[1] = room;
			long result = call_in(tid, &home, at, questions[n].number, arguments);
			process_vm_readv(tid, &ours, 1, &theirs, 1, 0);
			printf("%s/answer/%s\t%ld %lx %lx %lx\n", key, questions[n].name, result, answer[0], answer[1], answer[2]);
		}
		ours.iov_base = saved;
		process_vm_writev(tid, &ours, 1, &theirs, 1, 0);
	}
	ptrace(PTRACE_SETREGS, tid, 0, &home);
	ptrace(PTRACE_SETSIGMASK, tid, sizeof mask, &mask);
	ptrace(PTRACE_DETACH, tid, 0, 0);
}

static void show_thread(const char *key, int pid, int tid)
{
	char path[64], name[192];
	static const char *const files[] = { "status", "comm", "personality", "cgroup", "attr/current", NULL };
	for (int n = 0; files[n] != NULL; n++) {
		snprintf(path, sizeof path, "/proc/%d/task/%d/%s", pid, tid, files[n]);
		snprintf(name, sizeof name, "%s/%s", key, files[n]);
		show_file(name, path, strcmp(files[n], "status") == 0 || strcmp(files[n], "cgroup") == 0);
	}
	snprintf(path, sizeof path, "/proc/%d/timerslack_ns", tid);
	snprintf(name, sizeof name, "%s/timerslack", key);
	show_file(name, path, 0);
	cpu_set_t set;
	CPU_ZERO(&set);
	sched_getaffinity(tid, sizeof set, &set);
	printf("%s/affinity\t", key);
	hexadecimal(&set, 16);
	printf("%s/ioprio\t%ld\n", key, syscall(SYS_ioprio_get, 1, tid));
	struct attributes a = { sizeof a };
	if (syscall(SYS_sched_getattr, tid, &a, sizeof a, 0) == 0)
		printf("%s/scheduling\tpolicy %u flags %llu nice %d priority %u deadline %llu %llu %llu clamps %u %u\n", key, a.policy,
		       (unsigned long long)a.flags, a.nice, a.priority, (unsigned long long)(a.policy == 6 ? a.runtime : 0),
		       (unsigned long long)a.deadline, (unsigned long long)a.period, a.minimum, a.maximum);
	void *head = NULL;
	size_t length = 0;
	if (syscall(SYS_get_robust_list, tid, &head, &length) == 0)
		printf("%s/robust-list\t%p %zu\n", key, head, length);
	show_answers(key, tid);
}

/* Fields of /proc/PID/stat that stay: the number of the field, and a name. */
static const struct {
	int number;
	const char *name;
} stat_fields[] = {
	{ 5, "pgrp" }, { 6, "session" }, { 7, "tty" }, { 8, "tpgid" }, { 18, "priority" }, { 19, "nice" },
	{ 26, "startcode" }, { 27, "endcode" }, { 28, "startstack" }, { 38, "exit_signal" }, { 40, "rt_priority" },
	{ 41, "policy" }, { 45, "start_data" }, { 46, "end_data" }, { 47, "start_brk" }, { 48, "arg_start" },
	{ 49, "arg_end" }, { 50, "env_start" }, { 51, "env_end" },
};

static void show_stat(const char *key, int pid)
{
	char path[64], text[4096];
	snprintf(path, sizeof path, "/proc/%d/stat", pid);
	int file = open(path, O_RDONLY);
	ssize_t length = read(file, text, sizeof text - 1);
	close(file);
	if (length <= 0)
		return;
	text[length] = 0;
	char *at = strrchr(text, ')') + 2;
	int number = 3;
	for (char *word = strtok(at, " \n"); word != NULL; word = strtok(NULL, " \n"), number++)
		for (size_t n = 0; n < sizeof stat_fields / sizeof *stat_fields; n++)
			if (stat_fields[n].number == number)
				printf("%s/stat/%s\t%s\n", key, stat_fields[n].name, word);
}

struct mapping {
	unsigned long start, end, offset;
	char access[8], name[4096], flags[256], protection_key[16];
};

/* Whether the kernel could show two neighbours as one mapping. It does so or not by what happened to them before. */
static int are_one(const struct mapping *left, const struct mapping *right)
{
	return left->end == right->start && left->name[0] == 0 && right->name[0] == 0 &&
	       strcmp(left->access, right->access) == 0 && strcmp(left->flags, right->flags) == 0 &&
	       strcmp(left->protection_key, right->protection_key) == 0;
}

static void show_mapping(const char *key, const struct mapping *mapping)
{
	char place[256];
	snprintf(place, sizeof place, "%s/mapping/%lx-%lx", key, mapping->start, mapping->end);
	printf("%s\t%s %lx %s\n", place, mapping->access, mapping->offset, mapping->name);
	printf("%s/flags\t%s\n", place, mapping->flags);
	printf("%s/key\t%s\n", place, mapping->protection_key);
}

/* Mappings with their flags, except whether memory is accounted for (ac), which depends on earlier writes. */
static void show_mappings(const char *key, int pid)
{
	static struct mapping before, mapping;
	char path[64], line[4096], device[16], inode[24];
	snprintf(path, sizeof path, "/proc/%d/smaps", pid);
	FILE *file = fopen(path, "r");
	if (file == NULL)
		return;
	memset(&before, 0, sizeof before);
	int name;
	while (fgets(line, sizeof line, file)) {
		line[strcspn(line, "\n")] = 0;
		unsigned long start, end;
		if (sscanf(line, "%lx-%lx %7s %lx %15s %23s %n", &start, &end, mapping.access, &mapping.offset, device, inode, &name) == 6) {
			mapping.start = start;
			mapping.end = end;
			strcpy(mapping.name, line + name);
			mapping.protection_key[0] = 0;
		} else if (strncmp(line, "ProtectionKey:", 14) == 0) {
			snprintf(mapping.protection_key, sizeof mapping.protection_key, "%.15s", line + 14);
		} else if (strncmp(line, "VmFlags: ", 9) == 0) {
			/* The last line of a mapping. */
			char *accounted = strstr(line, " ac ");
			if (accounted != NULL)
				memmove(accounted, accounted + 3, strlen(accounted + 3) + 1);
			snprintf(mapping.flags, sizeof mapping.flags, "%.255s", line + 9);
			if (before.end != 0 && are_one(&before, &mapping)) {
				before.end = mapping.end;
				continue;
			}
			if (before.end != 0)
				show_mapping(key, &before);
			before = mapping;
		}
	}
	if (before.end != 0)
		show_mapping(key, &before);
	fclose(file);
}

/* Levels of getsockopt, and how many options each may have. */
static const struct {
	int level, options;
	const char *name;
} levels[] = {
	{ 1, 100, "SOCKET" }, { 0, 60, "IP" }, { 41, 90, "IPV6" }, { 6, 50, "TCP" }, { 17, 110, "UDP" },
	{ 58, 4, "ICMPV6" }, { 255, 4, "RAW" }, { 263, 26, "PACKET" }, { 270, 16, "NETLINK" }, { 40, 12, "VSOCK" },
};

static void show_socket(const char *key, int socket)
{
	unsigned char value[512];
	for (size_t l = 0; l < sizeof levels / sizeof *levels; l++)
		for (int option = 0; option <= levels[l].options; option++) {
			/* SO_PEERPIDFD makes a descriptor; PACKET_STATISTICS is reset by each look. */
			if ((levels[l].level == 1 && option == 77) || (levels[l].level == 263 && option == 6))
				continue;
			memset(value, 0, sizeof value);
			socklen_t length = sizeof value;
			if (getsockopt(socket, levels[l].level, option, value, &length) != 0)
				continue;
			printf("%s/option/%s.%d\t", key, levels[l].name, option);
			hexadecimal(value, length < sizeof value ? length : sizeof value);
		}
	struct sockaddr_storage address;
	socklen_t length = sizeof address;
	memset(&address, 0, sizeof address);
	if (getsockname(socket, (void *)&address, &length) == 0) {
		printf("%s/name\t", key);
		hexadecimal(&address, length);
	}
	length = sizeof address;
	memset(&address, 0, sizeof address);
	if (getpeername(socket, (void *)&address, &length) == 0) {
		printf("%s/peer\t", key);
		hexadecimal(&address, length);
	}
	int count = 0;
	if (ioctl(socket, FIONREAD, &count) == 0)
		printf("%s/unread\t%d\n", key, count);
	if (ioctl(socket, 0x8905 /* SIOCATMARK */, &count) == 0)
		printf("%s/at-mark\t%d\n", key, count);
}

static void show_descriptor(const char *key, int pid, int pidfd, int number)
{
	char path[64], name[192], link[256] = "";
	snprintf(path, sizeof path, "/proc/%d/fd/%d", pid, number);
	show_link(key, path);
	if (readlink(path, link, sizeof link - 1) < 0)
		return;
	struct stat status;
	if (stat(path, &status) == 0)
		printf("%s/inode\tmode %o uid %u gid %u\n", key, status.st_mode, status.st_uid, status.st_gid);
	snprintf(path, sizeof path, "/proc/%d/fdinfo/%d", pid, number);
	snprintf(name, sizeof name, "%s/info", key);
	show_file(name, path, 0);
	int file = syscall(SYS_pidfd_getfd, pidfd, number, 0);
	if (file < 0)
		return;
	static const struct {
		int command;
		const char *name;
	} controls[] = { { F_GETSIG, "signal" }, { 1032, "pipe-size" }, { 1034, "seals" }, { F_GETLEASE, "lease" } };
	for (size_t n = 0; n < sizeof controls / sizeof *controls; n++) {
		int value = fcntl(file, controls[n].command);
		printf("%s/%s\t%d\n", key, controls[n].name, value < 0 ? -errno : value);
	}
	static const int hints[] = { 1035, 1037, 16 };
	for (int n = 0; n < 3; n++) {
		uint64_t value = 0;
		int result = fcntl(file, hints[n], &value);
		printf("%s/control-%d\t%d %llx\n", key, hints[n], result < 0 ? -errno : result, (unsigned long long)value);
	}
	if (strncmp(link, "socket:", 7) == 0)
		show_socket(key, file);
	else if (S_ISFIFO(status.st_mode)) {
		int count = 0;
		if (ioctl(file, FIONREAD, &count) == 0)
			printf("%s/unread\t%d\n", key, count);
	}
	close(file);
}

static int by_number(const struct dirent **a, const struct dirent **b)
{
	return atoi((*a)->d_name) - atoi((*b)->d_name);
}

static int is_number(const struct dirent *entry)
{
	return isdigit((unsigned char)entry->d_name[0]);
}

static void show_task(int pid)
{
	char key[64], path[64], name[128];
	static const char *const files[] = { "coredump_filter", "oom_score_adj", "loginuid", "limits", "setgroups", "uid_map",
					     "gid_map", "timers", "autogroup", "ksm_stat", NULL };
	static const char *const links[] = { "exe", "cwd", "root", NULL };
	static const char *const spaces[] = { "cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts", NULL };
	snprintf(key, sizeof key, "%d", pid);
	for (int n = 0; files[n] != NULL; n++) {
		snprintf(path, sizeof path, "/proc/%d/%s", pid, files[n]);
		snprintf(name, sizeof name, "%s/%s", key, files[n]);
		show_file(name, path, 0);
	}
	for (int n = 0; links[n] != NULL; n++) {
		snprintf(path, sizeof path, "/proc/%d/%s", pid, links[n]);
		snprintf(name, sizeof name, "%s/%s", key, links[n]);
		show_link(name, path);
	}
	for (int n = 0; spaces[n] != NULL; n++) {
		struct stat its, ours;
		snprintf(path, sizeof path, "/proc/%d/ns/%s", pid, spaces[n]);
		int found = stat(path, &its);
		snprintf(path, sizeof path, "/proc/self/ns/%s", spaces[n]);
		if (found == 0 && stat(path, &ours) == 0)
			printf("%s/namespace/%s\t%s\n", key, spaces[n], its.st_ino == ours.st_ino ? "of the host" : "its own");
	}
	show_stat(key, pid);
	show_mappings(key, pid);
	struct dirent **entries;
	snprintf(path, sizeof path, "/proc/%d/task", pid);
	int count = scandir(path, &entries, is_number, by_number);
	for (int n = 0; n < count; n++) {
		snprintf(name, sizeof name, "%s/thread/%.20s", key, entries[n]->d_name);
		show_thread(name, pid, atoi(entries[n]->d_name));
	}
	int pidfd = syscall(SYS_pidfd_open, pid, 0);
	snprintf(path, sizeof path, "/proc/%d/fd", pid);
	count = scandir(path, &entries, is_number, by_number);
	for (int n = 0; n < count; n++) {
		snprintf(name, sizeof name, "%s/descriptor/%.20s", key, entries[n]->d_name);
		show_descriptor(name, pid, pidfd, atoi(entries[n]->d_name));
	}
	close(pidfd);
	snprintf(path, sizeof path, "/proc/%d/task", pid);
	count = scandir(path, &entries, is_number, by_number);
	for (int n = 0; n < count; n++) {
		snprintf(path, sizeof path, "/proc/%d/task/%.20s/children", pid, entries[n]->d_name);
		FILE *file = fopen(path, "r");
		int child;
		while (file != NULL && fscanf(file, "%d", &child) == 1)
			show_task(child);
		if (file != NULL)
			fclose(file);
	}
}

int main(int count, char **words)
{
	if (count != 2)
		return 2;
	show_task(atoi(words[1]));
	return 0;
}
