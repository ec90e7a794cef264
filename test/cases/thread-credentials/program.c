/* Threads with different IDs, groups, capabilities and securebits, and the prctl(2) attributes of processes and threads. */
#include "../case.h"
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <pthread.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#define THREADS 4
static char before[THREADS + 1][4096], after[THREADS + 1][4096];
static volatile int stage, ready, seen;
static int bits[THREADS + 1], bits_after[THREADS + 1], death[THREADS + 1];

/* The credentials in the status of a thread. */
static void describe(char *into)
{
	static const char *const names[] = { "Name", "Uid", "Gid", "Groups", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs", "Seccomp", "SigBlk" };
	char line[512];
	FILE *status = fopen("/proc/thread-self/status", "r");
	MUST(status != NULL);
	*into = 0;
	while (fgets(line, sizeof line, status))
		for (unsigned n = 0; n < sizeof names / sizeof *names; n++)
			if (strncmp(line, names[n], strlen(names[n])) == 0 && line[strlen(names[n])] == ':')
				strcat(into, line);
	fclose(status);
}

static void set_capabilities(unsigned effective, unsigned permitted, unsigned inheritable)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2] = { { effective, permitted, inheritable }, { 0, 0, 0 } };
	MUST(syscall(SYS_capset, &header, data) == 0);
}

/* System calls, because the functions of libc change every thread. */
static void change(long which)
{
	gid_t groups[] = { 5, 7, 70000 };
	switch (which) {
	case 0:
		MUST(syscall(SYS_setgroups, 3, groups) == 0 && syscall(SYS_setresgid, 10, 11, 12) == 0 && syscall(SYS_setfsgid, 13) == 11);
		MUST(syscall(SYS_setresuid, 1000, 1001, 1002) == 0);
		prctl(PR_SET_PDEATHSIG, SIGWINCH);
		break;
	case 1:
		MUST(prctl(PR_SET_SECUREBITS, SECBIT_KEEP_CAPS | SECBIT_NO_SETUID_FIXUP | SECBIT_NOROOT | SECBIT_NOROOT_LOCKED) == 0);
		MUST(prctl(PR_CAPBSET_DROP, CAP_SYS_BOOT) == 0);
		set_capabilities(1 << CAP_KILL, 1 << CAP_KILL | 1 << CAP_CHOWN | 1 << CAP_NET_RAW, 1 << CAP_NET_RAW);
		MUST(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_RAW, 0, 0) == 0);
		break;
	case 2:
		MUST(syscall(SYS_setfsuid, 77) == 0 && syscall(SYS_setgroups, 0, NULL) == 0);
		MUST(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
		break;
	case 3:
		MUST(syscall(SYS_setresuid, 0, 1234, 0) == 0);
		break;
	}
}

static void *run(void *argument)
{
	long which = (long)argument;
	char name[16];
	snprintf(name, sizeof name, "thread/%ld %%s\"", which);
	prctl(PR_SET_NAME, name);
	change(which);
	describe(before[which]);
	bits[which] = prctl(PR_GET_SECUREBITS);
	__atomic_fetch_add(&ready, 1, __ATOMIC_SEQ_CST);
	while (!stage)
		usleep(1000);
	describe(after[which]);
	bits_after[which] = prctl(PR_GET_SECUREBITS);
	prctl(PR_GET_PDEATHSIG, &death[which]);
	__atomic_fetch_add(&seen, 1, __ATOMIC_SEQ_CST);
	while (stage < 2)
		usleep(1000);
	return NULL;
}

int main(void)
{
	pthread_t threads[THREADS];
	MUST(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0 && prctl(PR_SET_PDEATHSIG, SIGURG) == 0 && prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) == 0);
	for (long n = 0; n < THREADS; n++)
		MUST(pthread_create(&threads[n], NULL, run, (void *)n) == 0);
	while (ready < THREADS)
		usleep(1000);
	/* Changing the IDs has reset it. */
	MUST(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0);
	describe(before[THREADS]);
	wait_for_restore();
	describe(after[THREADS]);
	stage = 1;
	for (int n = 0; n < 5000 && seen < THREADS; n++)
		usleep(1000);
	for (int n = 0; n <= THREADS; n++)
		CHECK(strcmp(before[n], after[n]) == 0 && bits[n] == bits_after[n], "thread %d was %s (%x) and is %s (%x)", n, before[n], bits[n], after[n], bits_after[n]);
	CHECK(death[0] == SIGWINCH && death[1] == 0, "parent death signals of threads are %d %d", death[0], death[1]);
	int value = 0;
	CHECK(prctl(PR_GET_PDEATHSIG, &value) == 0 && value == SIGURG, "parent death signal %d", value);
	CHECK(prctl(PR_GET_CHILD_SUBREAPER, &value) == 0 && value == 1, "subreaper %d", value);
	CHECK(prctl(PR_GET_DUMPABLE) == 1, "dumpable %d", prctl(PR_GET_DUMPABLE));
	CHECK(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0) == 1, "THP");
	stage = 2;
	return finish();
}
