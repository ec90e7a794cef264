/* Waits in functions that a debugger can name, with text in every kind of memory. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

char *text_in_heap;
char *text_in_shared_memory;
char *text_in_memfd;
int initialized[4096] = {1, 2, 3};
volatile int wait_forever = 1;

static __attribute__((noinline)) int inner(int depth)
{
	while (wait_forever)
		pause();
	return depth;
}

static __attribute__((noinline)) int outer(int depth)
{
	return inner(depth + 1) + 1;
}

static __attribute__((noinline)) void *worker(void *argument)
{
	register long kept __asm__("r12") = 0x5eed5eed;
	__asm__ volatile("" : "+r"(kept));
	/* pause(2), without a library that would keep the register elsewhere */
	for (long number = 34;; number = 34)
		__asm__ volatile("syscall" : "+a"(number) : "r"(kept) : "rcx", "r11", "memory");
	return argument;
}

static char *shared_text(int file, const char *text)
{
	char *memory = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED | (file < 0 ? MAP_ANONYMOUS : 0), file, 0);
	if (memory == MAP_FAILED)
		exit(1);
	return strcpy(memory + 4096, text);
}

int main(int argc, char **argv)
{
	pthread_t thread;
	int memfd = memfd_create("text", 0);
	if (argc != 2 || memfd < 0 || ftruncate(memfd, 8192) != 0)
		return 1;
	text_in_heap = strdup("from the heap");
	text_in_shared_memory = shared_text(-1, "from shared memory");
	text_in_memfd = shared_text(memfd, "from a memfd");
	initialized[2000] = 7;
	if (pthread_create(&thread, NULL, worker, NULL) != 0 || creat(argv[1], 0600) < 0)
		return 1;
	return outer(40);
}
