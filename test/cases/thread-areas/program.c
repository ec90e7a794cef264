/* Threads with segments of their own in the GDT, selected in gs: emulators use them, from 64-bit code too. */
#include "../case.h"
#include <asm/ldt.h>
#include <pthread.h>

#define SET_THREAD_AREA 243
#define GET_THREAD_AREA 244
#define SELECTOR(entry) ((entry) << 3 | 3)

static int steps[2], ask[2];
static struct user_desc *low;

/* A system call of 32-bit programs: its pointers have 32 bits. */
static int call32(int number, struct user_desc *area)
{
	int result;
	__asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(area) : "memory", "r8", "r9", "r10", "r11");
	return result;
}

static unsigned int through_gs(void)
{
	unsigned int value;
	__asm__ volatile("mov %%gs:0, %0" : "=r"(value));
	return value;
}

static int select_segment(struct user_desc *area, unsigned int *target, int read_only)
{
	*area = (struct user_desc){ .entry_number = -1, .base_addr = (unsigned long)target, .limit = 0xfff, .seg_32bit = 1, .read_exec_only = read_only, .useable = 1 };
	MUST(call32(SET_THREAD_AREA, area) == 0);
	__asm__ volatile("mov %0, %%gs" : : "r"((unsigned short)SELECTOR(area->entry_number)));
	return area->entry_number;
}

static void check_segment(const char *who, struct user_desc *area, int entry, unsigned int *target, unsigned int value, int read_only)
{
	unsigned short gs;
	__asm__ volatile("mov %%gs, %0" : "=r"(gs));
	CHECK(gs == SELECTOR(entry), "gs of %s is %x", who, gs);
	CHECK(through_gs() == value, "%s does not find its value", who);
	*area = (struct user_desc){ .entry_number = entry };
	CHECK(call32(GET_THREAD_AREA, area) == 0 && area->base_addr == (unsigned long)target && area->limit == 0xfff, "area of %s", who);
	CHECK(area->seg_32bit && area->useable && !area->seg_not_present && area->read_exec_only == (unsigned)read_only && !area->limit_in_pages, "flags of %s", who);
}

static void *other(void *values)
{
	char byte;
	int entry = select_segment(low + 1, (unsigned int *)values + 1, 1);
	MUST(write(steps[1], "", 1) == 1 && read(ask[0], &byte, 1) == 1);
	check_segment("thread", low + 1, entry, (unsigned int *)values + 1, 222, 1);
	MUST(write(steps[1], "", 1) == 1);
	return NULL;
}

int main(void)
{
	pthread_t thread;
	char byte;
	MUST(pipe(steps) == 0 && pipe(ask) == 0);
	low = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	MUST(low != MAP_FAILED);
	unsigned int *values = (unsigned int *)(low + 4);
	values[0] = 111, values[1] = 222;
	MUST(pthread_create(&thread, NULL, other, values) == 0 && read(steps[0], &byte, 1) == 1);
	int entry = select_segment(low, values, 0);

	wait_for_restore();

	check_segment("first thread", low, entry, values, 111, 0);
	MUST(write(ask[1], "", 1) == 1 && read(steps[0], &byte, 1) == 1 && pthread_join(thread, NULL) == 0);
	return finish();
}
