/* Holds what the kernel does not tell whole: keys in keyrings of its own, and a semaphore with SEM_UNDO. */
#include "../../cases/case.h"
#include <linux/keyctl.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/syscall.h>

static long add(const char *name, int keyring)
{
	return syscall(SYS_add_key, "user", name, "secret", 6, keyring);
}

int main(void)
{
	MUST(syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) >= 0);
	long key = add("restage:session", KEY_SPEC_SESSION_KEYRING);
	MUST(key >= 0 && add("restage:thread", KEY_SPEC_THREAD_KEYRING) >= 0 && add("restage:process", KEY_SPEC_PROCESS_KEYRING) >= 0);
	int set = semget(IPC_PRIVATE, 1, 0600);
	struct sembuf take = { 0, -1, SEM_UNDO };
	MUST(set >= 0 && semctl(set, 0, SETVAL, 1) == 0 && semop(set, &take, 1) == 0);
	wait_for_restore();
	char content[8] = "";
	CHECK(syscall(SYS_keyctl, KEYCTL_READ, key, content, sizeof content) == 6 && strcmp(content, "secret") == 0, "the key");
	CHECK(semctl(set, 0, GETVAL) == 0, "the semaphore is free");
	semctl(set, 0, IPC_RMID);
	return finish();
}
