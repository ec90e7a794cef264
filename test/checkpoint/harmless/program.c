/*
 * Threads and tasks in every kind of wait, with registers, masks and signals that they look after themselves. Each counts its rounds where the test sees
 * it, and says what it finds wrong.
 */
#include "../../cases/case.h"
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

/* In a file of one page: what went wrong first, how many count, and the rounds of each. */
struct board {
	char wrong[256];
	uint64_t workers;
	_Atomic uint64_t rounds[64];
};
static struct board *board;
static uint64_t worker;

#define RIGHT(condition, ...) \
	do { \
		if (!(condition) && !board->wrong[0]) { \
			int error = errno; \
			int at = snprintf(board->wrong, sizeof board->wrong, __VA_ARGS__); \
			snprintf(board->wrong + at, sizeof board->wrong - at, " (errno %d)", error); \
		} \
	} while (0)

static int64_t now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000ll + time.tv_nsec;
}

/* Leaves the processors to others for a while. */
static void rest(int yes)
{
	struct timespec time = { 0, 2000000 };
	if (yes)
		nanosleep(&time, NULL);
}

static sigset_t only(int signal)
{
	sigset_t set;
	sigemptyset(&set);
	if (signal)
		sigaddset(&set, signal);
	return set;
}

static void has_mask(const sigset_t *wanted, const char *who)
{
	sigset_t mask;
	sigprocmask(SIG_BLOCK, NULL, &mask);
	for (int signal = 1; signal < 64; signal++)
		RIGHT(sigismember(&mask, signal) == sigismember(wanted, signal), "%s: signal %d in its mask", who, signal);
}

/* Sleeps whose rest the kernel remembers. */
static void sleeps(_Atomic uint64_t *rounds)
{
	sigset_t mask = only(SIGUSR1);
	pthread_sigmask(SIG_SETMASK, &mask, NULL);
	for (;; ++*rounds) {
		int64_t start = now();
		struct timespec time = { 0, 30000000 };
		RIGHT(nanosleep(&time, NULL) == 0, "nanosleep ends early");
		RIGHT(now() - start >= 30000000, "nanosleep was too short");
		has_mask(&mask, "sleeps");
	}
}

static void polls(_Atomic uint64_t *rounds)
{
	for (;; ++*rounds) {
		int64_t start = now();
		RIGHT(poll(NULL, 0, 20) == 0, "poll ends early");
		RIGHT(now() - start >= 20000000, "poll was too short");
		sigset_t mask = only(SIGUSR2);
		struct timespec time = { 0, 5000000 };
		RIGHT(ppoll(NULL, 0, &time, &mask) == 0, "ppoll ends early");
		sigset_t none = only(0);
		has_mask(&none, "polls");
	}
}

/* A loop with known values in every register that it may use, vectors too. */
static void spins(_Atomic uint64_t *rounds)
{
	for (uint64_t n = 1;; n++, ++*rounds) {
		uint64_t value = n * 0x9e3779b97f4a7c15u, sum, vector, left = 200000;
		__asm__ volatile(
			"movq %[v], %%xmm0\n\tmovq %[v], %%xmm15\n\tmovq %[v], %%xmm7\n\t"
			"mov %[v], %%r8\n\tmov %[v], %%r9\n\tmov %[v], %%r10\n\tmov %[v], %%r11\n\t"
			"mov %[v], %%r12\n\tmov %[v], %%r13\n\tmov %[v], %%rcx\n\tmov %[v], %%rdx\n\tmov %[v], %%rdi\n\tstc\n"
			"1:\tlea -1(%[left]), %[left]\n\tjnc 2f\n\tinc %[left]\n\tdec %[left]\n\tjnz 1b\n"
			"2:\tsetc %b[sum]\n\tmovzbq %b[sum], %[sum]\n\tsub $1, %[sum]\n\t"
			"mov %[v], %[vector]\n\txor %%r8, %[vector]\n\tor %[vector], %[sum]\n\t"
			"xor %%r9, %%r10\n\tor %%r10, %[sum]\n\txor %%r11, %%r12\n\tor %%r12, %[sum]\n\t"
			"xor %%r13, %%rcx\n\tor %%rcx, %[sum]\n\txor %%rdx, %%rdi\n\tor %%rdi, %[sum]\n\t"
			"pxor %%xmm0, %%xmm15\n\tpxor %%xmm0, %%xmm7\n\tpor %%xmm7, %%xmm15\n\tmovq %%xmm15, %[vector]\n\tor %[vector], %[sum]\n\t"
			"movq %%xmm0, %[vector]"
			: [sum] "=&r"(sum), [vector] "=&r"(vector), [left] "+&r"(left)
			: [v] "r"(value)
			: "r8", "r9", "r10", "r11", "r12", "r13", "rcx", "rdx", "rdi", "xmm0", "xmm7", "xmm15", "cc", "memory");
		RIGHT(sum == 0 && vector == value, "registers of a thread that spins");
		rest(n % 8 == 0);
	}
}

static _Atomic uint32_t turn;

static void waits_for_turns(_Atomic uint64_t *rounds)
{
	static _Atomic uint32_t parties;
	uint32_t self = parties++;
	for (;; ++*rounds) {
		while (turn % 2 != self) {
			struct timespec time = { 60, 0 };
			int result = syscall(SYS_futex, &turn, FUTEX_WAIT_PRIVATE, self ^ 1 ^ (turn & ~1), self ? &time : NULL, NULL, 0);
			RIGHT(result == 0 || errno == EAGAIN, "futex ends early");
		}
		struct timespec time = { 0, 1000000 };
		nanosleep(&time, NULL);
		turn++;
		syscall(SYS_futex, &turn, FUTEX_WAKE_PRIVATE, 2, NULL, NULL, 0);
	}
}

static int there[2], back[2];

static void asks(_Atomic uint64_t *rounds)
{
	for (uint64_t n = 0, answer;; n++, ++*rounds) {
		RIGHT(write(there[1], &n, 8) == 8 && read(back[0], &answer, 8) == 8 && answer == n + 1, "pipe: asks");
		struct timespec time = { 0, 500000 };
		nanosleep(&time, NULL);
	}
}

static void answers(_Atomic uint64_t *rounds)
{
	for (uint64_t n = 0, question;; n++, ++*rounds) {
		RIGHT(read(there[0], &question, 8) == 8 && question == n, "pipe: answers");
		question++;
		RIGHT(write(back[1], &question, 8) == 8, "pipe: answers");
	}
}

static int event;

static void rings(_Atomic uint64_t *rounds)
{
	for (;; ++*rounds) {
		struct timespec time = { 0, 7000000 };
		nanosleep(&time, NULL);
		eventfd_write(event, 1);
	}
}

/* epoll_wait(2) gives EINTR after every stop, also that of a SIGSTOP. */
static void hears(_Atomic uint64_t *rounds)
{
	int poller = epoll_create1(0);
	struct epoll_event wanted = { .events = EPOLLIN }, got;
	epoll_ctl(poller, EPOLL_CTL_ADD, event, &wanted);
	for (;; ++*rounds) {
		int count = epoll_wait(poller, &got, 1, -1);
		eventfd_t value;
		RIGHT(count == 1 || errno == EINTR, "epoll_wait");
		if (count == 1)
			eventfd_read(event, &value);
	}
}

/* A call that only a handler ends, in a loop that misses no signal. */
static volatile sig_atomic_t usr1, wrong_value;
static _Atomic int next_value;

static void on_usr1(int signal)
{
	(void)signal;
	usr1++;
}

static void on_queued(int signal, siginfo_t *info, void *context)
{
	(void)signal, (void)context;
	if (info->si_value.sival_int != next_value)
		wrong_value = 1;
	next_value++;
}

static void suspends(_Atomic uint64_t *rounds)
{
	sigset_t none = only(0), before = only(SIGUSR1);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	int seen = usr1;
	for (;; ++*rounds) {
		while (usr1 == seen) {
			int result = sigsuspend(&none);
			RIGHT(result == -1 && errno == EINTR, "sigsuspend");
			RIGHT(usr1 != seen, "sigsuspend ends without a signal");
		}
		seen = usr1;
		has_mask(&before, "suspends");
	}
}

static pthread_t suspended;

static void signals(_Atomic uint64_t *rounds)
{
	for (;; ++*rounds) {
		struct timespec time = { 0, 3000000 };
		nanosleep(&time, NULL);
		pthread_kill(suspended, SIGUSR1);
	}
}

/* Queued signals come one by one, in order, to a thread that works on a stack of its own. */
static void gets_queued(_Atomic uint64_t *rounds)
{
	stack_t stack = { .ss_sp = malloc(65536), .ss_size = 65536 };
	sigaltstack(&stack, NULL);
	for (int sent = 0;; ++*rounds) {
		for (int n = 0; n < 4; n++) {
			int result = pthread_sigqueue(pthread_self(), SIGRTMIN, (union sigval){ .sival_int = sent++ });
			RIGHT(result == 0, "sigqueue");
		}
		RIGHT(!wrong_value && next_value == sent, "queued signals: %d of %d", next_value, sent);
		for (volatile int n = 0; n < 100000; n++)
			;
		rest(1);
	}
}

static void vforks(_Atomic uint64_t *rounds)
{
	for (;; ++*rounds) {
		volatile int seen = 0;
		int status;
		pid_t child = vfork();
		if (child == 0) {
			seen = 1;
			struct timespec time = { 0, 3000000 };
			syscall(SYS_nanosleep, &time, NULL);
			_exit(7);
		}
		RIGHT(child > 0 && waitpid(child, &status, 0) == child && status == 7 << 8 && seen, "vfork");
		struct timespec time = { 0, 30000000 };
		nanosleep(&time, NULL);
	}
}

/* Pending signals stay pending, one of the process and one of the thread. */
static void keeps_pending(_Atomic uint64_t *rounds)
{
	sigset_t mask = only(SIGUSR2);
	sigaddset(&mask, SIGRTMIN + 3);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	sigqueue(getpid(), SIGRTMIN + 3, (union sigval){ .sival_int = 42 });
	raise(SIGUSR2);
	for (;; ++*rounds) {
		sigset_t pending;
		sigpending(&pending);
		RIGHT(sigismember(&pending, SIGUSR2) == 1 && sigismember(&pending, SIGRTMIN + 3) == 1, "pending signals");
		has_mask(&mask, "keeps_pending");
		struct timespec time = { 0, 2000000 };
		nanosleep(&time, NULL);
	}
}

static int entries(const char *path)
{
	int count = 0;
	DIR *directory = opendir(path);
	RIGHT(directory != NULL, "opendir");
	while (readdir(directory) != NULL)
		count++;
	closedir(directory);
	return count;
}

/* A task that may be in a Landlock domain: it has to make a thread to find out. */
static void is_alone(_Atomic uint64_t *rounds)
{
	RIGHT(setgid(65534) == 0 && setuid(65534) == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "setuid");
	/* A change of credentials has cleared it. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	int descriptors = entries("/proc/self/fd"), threads = entries("/proc/self/task");
	for (;; ++*rounds) {
		rest(1);
		RIGHT(entries("/proc/self/fd") == descriptors, "a descriptor is left");
		RIGHT(entries("/proc/self/task") == threads, "a thread is left");
	}
}

static volatile sig_atomic_t sigchlds;

static void on_sigchld(int signal)
{
	(void)signal;
	sigchlds++;
}

/* A task with so much memory that it is copied. It must not see the copy. */
static void has_memory(_Atomic uint64_t *rounds)
{
	enum { WORDS = 12 << 17 };
	uint64_t *words = malloc(WORDS * 8);
	RIGHT(words != NULL && signal(SIGCHLD, on_sigchld) != SIG_ERR, "malloc");
	for (uint64_t n = 0; n < WORDS; n++)
		words[n] = n;
	for (;; ++*rounds) {
		rest(1);
		for (uint64_t n = *rounds % 512; n < WORDS; n += 512)
			RIGHT(words[n]-- == n - *rounds / 512, "memory of a task that is copied");
		int status, found = waitpid(-1, &status, WNOHANG | __WALL);
		RIGHT(found == -1 && errno == ECHILD && sigchlds == 0, "a child that it has not made: %d, SIGCHLD %d", found, sigchlds);
	}
}

typedef void work(_Atomic uint64_t *);

struct task {
	work *work;
	_Atomic uint64_t *rounds;
};

static void *run(void *argument)
{
	struct task *task = argument;
	task->work(task->rounds);
	return NULL;
}

static pthread_t begin(work *work)
{
	struct task *task = malloc(sizeof *task);
	*task = (struct task){ work, &board->rounds[worker++] };
	pthread_t thread;
	MUST(pthread_create(&thread, NULL, run, task) == 0);
	return thread;
}

static void begin_task(work *work)
{
	_Atomic uint64_t *rounds = &board->rounds[worker++];
	pid_t pid = fork();
	MUST(pid >= 0);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		work(rounds);
		exit(1);
	}
}

int main(void)
{
	int file = open("board", O_RDWR | O_CREAT, 0600);
	MUST(file >= 0 && ftruncate(file, 4096) == 0);
	board = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	MUST(board != MAP_FAILED && pipe(there) == 0 && pipe(back) == 0);
	event = eventfd(0, 0);
	struct sigaction action = { .sa_handler = on_usr1 };
	sigaction(SIGUSR1, &action, NULL);
	action = (struct sigaction){ .sa_sigaction = on_queued, .sa_flags = SA_SIGINFO | SA_ONSTACK };
	sigaction(SIGRTMIN, &action, NULL);

	begin_task(vforks);
	begin_task(keeps_pending);
	begin_task(sleeps);
	begin_task(spins);
	begin_task(is_alone);
	begin_task(has_memory);
	begin(sleeps);
	begin(polls);
	begin(spins);
	begin(waits_for_turns);
	begin(waits_for_turns);
	begin(asks);
	begin(answers);
	begin(rings);
	begin(hears);
	/* The signals that it gets are for it alone. */
	sigset_t mask = only(SIGUSR1);
	pthread_sigmask(SIG_SETMASK, &mask, NULL);
	suspended = begin(suspends);
	begin(signals);
	mask = only(0);
	pthread_sigmask(SIG_SETMASK, &mask, NULL);
	begin(gets_queued);
	board->workers = worker;
	put("ready", "");
	/* No longer than an hour, should nobody end it. */
	for (int n = 0; n < 360000; n++) {
		struct timespec time = { 0, 10000000 };
		nanosleep(&time, NULL);
	}
	return 0;
}
