/* New IPC and UTS namespaces with System V objects of every kind, with high IDs, owners and content. Settings are lower or higher than the defaults.
 * Some removed segments are still attached. */
#include "../case.h"
#include <sched.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

#define LARGE (5 << 20)
#define LONG 20000
#define SEMS 250

struct message {
	long type;
	char text[LONG];
};

static void set(const char *name, const char *value)
{
	char path[100];
	snprintf(path, sizeof path, "/proc/sys/%s", name);
	int fd = open(path, O_WRONLY);
	MUST(fd >= 0 && write(fd, value, strlen(value)) == (ssize_t)strlen(value));
	close(fd);
}

static char *value_of(const char *name)
{
	static char text[100];
	char path[100];
	snprintf(path, sizeof path, "/proc/sys/%s", name);
	int fd = open(path, O_RDONLY);
	ssize_t length = read(fd, text, sizeof text - 1);
	text[length > 0 ? length - 1 : 0] = 0;
	close(fd);
	return text;
}

static const char *const settings[] = {
	"kernel/sem", "kernel/msgmax", "kernel/msgmnb", "kernel/msgmni", "kernel/shmmax", "kernel/shmall", "kernel/shmmni",
	"kernel/shm_rmid_forced", "fs/mqueue/queues_max", "fs/mqueue/msg_max", "fs/mqueue/msgsize_max", "fs/mqueue/msg_default",
	"kernel/hostname", "kernel/domainname", "kernel/shm_next_id", "kernel/sem_next_id", "kernel/msg_next_id",
};
#define SETTINGS (int)(sizeof settings / sizeof *settings)

static void send_message(int queue, long type, int length)
{
	struct message message = { .type = type };
	for (int n = 0; n < length; n++)
		message.text[n] = n * 7 + type;
	MUST(msgsnd(queue, &message, length, IPC_NOWAIT) == 0);
}

static void check_message(int queue, long type, int length)
{
	struct message message;
	ssize_t got = msgrcv(queue, &message, LONG, 0, IPC_NOWAIT);
	int right = 1;
	for (int n = 0; n < length && n < got; n++)
		right &= message.text[n] == (char)(n * 7 + type);
	CHECK(got == length && message.type == type && right, "message of type %ld has type %ld, %zd bytes", type, message.type, got);
}

static void check_permissions(const char *what, const struct ipc_perm *now, const struct ipc_perm *before)
{
	CHECK(now->__key == before->__key && now->uid == before->uid && now->gid == before->gid, "%s: key or owner", what);
	CHECK(now->mode == before->mode && now->__seq == before->__seq, "%s: mode %o, was %o; sequence %u, was %u", what, now->mode, before->mode,
	      now->__seq, before->__seq);
}

int main(void)
{
	MUST(unshare(CLONE_NEWIPC | CLONE_NEWUTS) == 0);
	MUST(sethostname("h\xc3\xb6st-\xff-that-has-a-name-as-long-as-names-go.example.org", 55) == 0 && setdomainname("", 0) == 0);
	/* higher than the defaults, as the objects need */
	set("kernel/msgmax", "30000");
	set("kernel/msgmnb", "70000");
	/* IDs above 2^15 */
	set("kernel/shm_next_id", "1000001");
	int shared = shmget(0x1234, LARGE, IPC_CREAT | 0640);
	set("kernel/msg_next_id", "40000");
	int queue = msgget(0x77, IPC_CREAT | 0600), empty = msgget(IPC_PRIVATE, 0666);
	set("kernel/sem_next_id", "70007");
	int sems = semget(IPC_PRIVATE, SEMS, 0604), one = semget(0x55, 1, IPC_CREAT | 0600);
	MUST(shared == 1000001 && queue == 40000 && sems == 70007 && empty >= 0 && one >= 0);
	char *memory = shmat(shared, NULL, 0), *again = shmat(shared, NULL, SHM_RDONLY);
	MUST(memory != MAP_FAILED && again != MAP_FAILED);
	for (int offset = 0; offset < LARGE; offset += 40000)
		memory[offset] = offset / 40000 + 1;
	int removed = shmget(IPC_PRIVATE, 9000, 0600), detached = shmget(IPC_PRIVATE, 4096, 0600);
	char *leftover = shmat(removed, NULL, 0), *other = shmat(detached, NULL, 0);
	MUST(shmctl(removed, IPC_RMID, NULL) == 0 && strcpy(leftover, "removed") && strcpy(other, "detached") && shmdt(other) == 0);
	struct shmid_ds segment;
	MUST(shmctl(shared, IPC_STAT, &segment) == 0);
	segment.shm_perm.uid = 33;
	segment.shm_perm.gid = 44;
	MUST(shmctl(shared, IPC_SET, &segment) == 0 && shmctl(shared, IPC_STAT, &segment) == 0);

	long types[] = { 1, 0x7fffffffffffffff, 5, 1 };
	int lengths[] = { 0, 11, LONG, 8192 };
	for (int n = 0; n < 4; n++)
		send_message(queue, types[n], lengths[n]);
	struct msqid_ds attributes, empty_attributes;
	MUST(msgctl(empty, IPC_STAT, &empty_attributes) == 0);
	empty_attributes.msg_qbytes = 99;
	MUST(msgctl(empty, IPC_SET, &empty_attributes) == 0 && msgctl(empty, IPC_STAT, &empty_attributes) == 0);
	MUST(msgctl(queue, IPC_STAT, &attributes) == 0);

	unsigned short values[SEMS];
	for (int n = 0; n < SEMS; n++)
		values[n] = n * 100;
	MUST(semctl(sems, 0, SETALL, values) == 0 && semctl(one, 0, SETVAL, 32767) == 0);
	struct semid_ds set_attributes;
	MUST(semctl(sems, 0, IPC_STAT, &set_attributes) == 0);

	/* lower than the defaults, and than the objects need */
	set("kernel/sem", "100 20000 50 77");
	set("kernel/shmmax", "4096");
	set("kernel/shmmni", "9");
	set("kernel/msgmni", "1");
	set("fs/mqueue/queues_max", "7");
	set("fs/mqueue/msg_max", "6");
	set("fs/mqueue/msg_default", "5");
	set("kernel/shm_next_id", "123456");
	char *before[SETTINGS];
	for (int n = 0; n < SETTINGS; n++)
		before[n] = strdup(value_of(settings[n]));

	wait_for_restore();

	for (int n = 0; n < SETTINGS; n++)
		CHECK(strcmp(value_of(settings[n]), before[n]) == 0, "%s is '%s', was '%s'", settings[n], value_of(settings[n]), before[n]);
	struct shmid_ds now;
	CHECK(shmctl(shared, IPC_STAT, &now) == 0 && now.shm_segsz == LARGE && now.shm_nattch == 2, "segment of %zu bytes, %lu times attached",
	      now.shm_segsz, now.shm_nattch);
	check_permissions("segment", &now.shm_perm, &segment.shm_perm);
	for (int offset = 0; offset < LARGE; offset += 20000) {
		if (memory[offset] == (offset % 40000 == 0 ? (char)(offset / 40000 + 1) : 0) && again[offset] == memory[offset])
			continue;
		CHECK(0, "shared memory at %d is %d", offset, memory[offset]);
		break;
	}
	memory[1] = 'x';
	CHECK(again[1] == 'x', "both attachments are not of one segment");
	CHECK(strcmp(leftover, "removed") == 0, "the removed segment holds '%s'", leftover);
	CHECK(shmctl(removed, IPC_STAT, &now) == 0 && (now.shm_perm.mode & SHM_DEST) != 0, "the removed segment has mode %o", now.shm_perm.mode);
	CHECK(shmdt(leftover) == 0 && shmctl(removed, IPC_STAT, &now) != 0, "the removed segment stays");
	other = shmat(detached, NULL, 0);
	CHECK(other != MAP_FAILED && strcmp(other, "detached") == 0, "the segment that nobody has attached");
	struct msqid_ds queue_now;
	CHECK(msgctl(queue, IPC_STAT, &queue_now) == 0 && queue_now.msg_qnum == 4 && queue_now.msg_qbytes == attributes.msg_qbytes, "queue");
	check_permissions("queue", &queue_now.msg_perm, &attributes.msg_perm);
	for (int n = 0; n < 4; n++)
		check_message(queue, types[n], lengths[n]);
	CHECK(msgctl(empty, IPC_STAT, &queue_now) == 0 && queue_now.msg_qnum == 0 && queue_now.msg_qbytes == 99, "empty queue of %lu bytes",
	      queue_now.msg_qbytes);
	unsigned short found[SEMS];
	struct semid_ds set_now;
	CHECK(semctl(sems, 0, GETALL, found) == 0 && memcmp(found, values, sizeof values) == 0, "values of semaphores");
	CHECK(semctl(sems, 0, IPC_STAT, &set_now) == 0 && set_now.sem_nsems == SEMS, "set of semaphores");
	check_permissions("set of semaphores", &set_now.sem_perm, &set_attributes.sem_perm);
	CHECK(semget(0x55, 1, 0) == one && semctl(one, 0, GETVAL) == 32767, "semaphore");
	CHECK(shmget(0x1234, 0, 0) == shared && msgget(0x77, 0) == queue, "keys");
	return finish();
}
