/* System V shared memory of the IPC namespace that everyone has, as PostgreSQL uses it: two tasks share a segment with a key, and one that was removed. */
#include "../case.h"
#include <sys/ipc.h>
#include <sys/shm.h>

#define SIZE 100000

struct segment {
	volatile int parent, child, stop;
	char text[64];
};

int main(void)
{
	key_t key = 0x5e570000 | (getpid() & 0xffff);
	int id = shmget(key, SIZE, IPC_CREAT | IPC_EXCL | 0640);
	MUST(id >= 0);
	char text[32];
	sprintf(text, "%d", id);
	put("id", text);
	struct segment *shared = shmat(id, NULL, 0);
	MUST(shared != (void *)-1);
	strcpy(shared->text, "written before");
	int gone = shmget(IPC_PRIVATE, 3 * 4096, IPC_CREAT | 0600);
	char *removed = shmat(gone, NULL, 0);
	MUST(removed != (void *)-1 && shmctl(gone, IPC_RMID, NULL) == 0);
	removed[4096] = 'r';
	pid_t child = fork();
	MUST(child >= 0);
	if (child == 0) {
		while (!shared->stop) {
			usleep(2000);
			shared->child = shared->parent;
		}
		removed[8192] = 'c';
		_exit(0);
	}
	wait_for_restore();
	CHECK(strcmp(shared->text, "written before") == 0, "content: '%s'", shared->text);
	CHECK(((char *)shared)[SIZE - 1] == 0, "the last page is not empty");
	shared->parent = 17;
	for (int n = 0; n < 2500 && shared->child != 17; n++)
		usleep(2000);
	CHECK(shared->child == 17, "the child does not share it");
	shared->stop = 1;
	CHECK(waitpid(child, NULL, 0) == child, "the child");
	CHECK(removed[4096] == 'r' && removed[8192] == 'c', "the removed segment: %d %d", removed[4096], removed[8192]);
	struct shmid_ds state = { 0 };
	CHECK(shmctl(id, IPC_STAT, &state) == 0 && state.shm_segsz == SIZE && (state.shm_perm.mode & 0777) == 0640, "mode");
	CHECK(state.shm_nattch == 1 && shmget(key, 0, 0) == id, "key, or %d attachments", (int)state.shm_nattch);
	CHECK(shmctl(gone, IPC_STAT, &state) == 0 && (state.shm_perm.mode & 01000), "the second is not removed");
	CHECK(shmdt(removed) == 0 && shmctl(gone, IPC_STAT, &state) < 0, "the second stays");
	shmctl(id, IPC_RMID, NULL);
	return finish();
}
