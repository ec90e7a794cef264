/* A thread inside a restartable sequence. It continues at the abort handler, and the kernel still updates its rseq area. */
#include "../case.h"
#include <pthread.h>
#include <sched.h>
#include <sys/rseq.h>

static volatile int inside, stop;
static volatile long aborts;

static struct rseq *area(void)
{
	return (struct rseq *)((char *)__builtin_thread_pointer() + __rseq_offset);
}

/* Spins inside a sequence until it is aborted. Returns when `stop` is set. */
static void spin(void)
{
	struct rseq *rseq = area();
	__asm__ volatile(
		".pushsection __rseq_cs, \"aw\"\n"
		".balign 32\n"
		"3: .long 0, 0\n"
		".quad 1f, (2f - 1f), 4f\n"
		".popsection\n"
		"5: cmpl $0, %[stop]\n"
		"jne 6f\n"
		"leaq 3b(%%rip), %%rax\n"
		"movq %%rax, %[cs]\n"
		"1: movl $1, %[inside]\n"
		"7: pause\n"
		"cmpl $0, %[stop]\n"
		"je 7b\n"
		"2:\n"
		"jmp 6f\n"
		".long 0x53053053\n"
		"4: incq %[aborts]\n"
		"jmp 5b\n"
		"6:\n"
		: [cs] "=m"(rseq->rseq_cs), [inside] "+m"(inside), [aborts] "+m"(aborts)
		: [stop] "m"(stop)
		: "rax", "memory", "cc");
}

static void *run(void *unused)
{
	spin();
	return unused;
}

int main(void)
{
	if (__rseq_size == 0) {
		/* Nothing to check: libc has not registered an rseq area. */
		wait_for_restore();
		return finish();
	}
	pthread_t thread;
	MUST(pthread_create(&thread, NULL, run, NULL) == 0);
	while (!inside)
		usleep(1000);
	wait_for_restore();
	long before = aborts;
	CHECK(before > 0, "the sequence was not aborted");
	/* Preemption aborts the sequence again. */
	for (int n = 0; n < 5000 && aborts == before; n++)
		pthread_kill(thread, 0), usleep(1000), sched_yield();
	CHECK(area()->cpu_id < 4096 && area()->cpu_id == (unsigned)sched_getcpu(), "the area's processor is %d", (int)area()->cpu_id);
	stop = 1;
	pthread_join(thread, NULL);
	return finish();
}
