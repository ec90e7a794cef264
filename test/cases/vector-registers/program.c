/* Threads that compute with every vector register of the processor, the x87 state, and the mask registers of AVX-512. */
#include "../case.h"
#include <cpuid.h>
#include <pthread.h>

#define THREADS 3

struct state {
	unsigned char zmm[32][64];
	unsigned long k[8];
	unsigned int mxcsr;
	unsigned short control;
	double x87[3];
} __attribute__((aligned(64)));

static struct state wanted[THREADS], found[THREADS];
static volatile int stop;
static int ready;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* Loads all registers, waits without any call, and stores them. */
#ifdef __x86_64__
#define EACH8(f, a, b, c, d, e, g, h, i) f(a) f(b) f(c) f(d) f(e) f(g) f(h) f(i)
#define LOAD512(n) "vmovdqu64 " #n "*64(%0), %%zmm" #n "\n"
#define STORE512(n) "vmovdqu64 %%zmm" #n ", " #n "*64(%1)\n"
#define LOADK(n) "kmovq 2048+" #n "*8(%0), %%k" #n "\n"
#define STOREK(n) "kmovq %%k" #n ", 2048+" #n "*8(%1)\n"
#define ALL(f) EACH8(f, 0, 1, 2, 3, 4, 5, 6, 7) EACH8(f, 8, 9, 10, 11, 12, 13, 14, 15) EACH8(f, 16, 17, 18, 19, 20, 21, 22, 23) EACH8(f, 24, 25, 26, 27, 28, 29, 30, 31)
#define LOAD256(n) "vmovdqu " #n "*64(%0), %%ymm" #n "\n"
#define STORE256(n) "vmovdqu %%ymm" #n ", " #n "*64(%1)\n"
#define HALF(f) EACH8(f, 0, 1, 2, 3, 4, 5, 6, 7) EACH8(f, 8, 9, 10, 11, 12, 13, 14, 15)
#define REST                                                                                                    \
	"ldmxcsr 2112(%0)\n fldcw 2116(%0)\n fldl 2120(%0)\n fldl 2128(%0)\n fldl 2136(%0)\n"                      \
	"lock incl (%3)\n"                                                                                         \
	"1: pause\n cmpl $0, (%2)\n je 1b\n"                                                                       \
	"fstpl 2136(%1)\n fstpl 2128(%1)\n fstpl 2120(%1)\n fnstcw 2116(%1)\n stmxcsr 2112(%1)\n"

static void hold512(struct state *from, struct state *to)
{
	__asm__ volatile(ALL(LOAD512) EACH8(LOADK, 0, 1, 2, 3, 4, 5, 6, 7) REST ALL(STORE512) EACH8(STOREK, 0, 1, 2, 3, 4, 5, 6, 7)
			 "vzeroupper\n" : : "r"(from), "r"(to), "r"(&stop), "r"(&ready) : "memory");
}

static void hold256(struct state *from, struct state *to)
{
	__asm__ volatile(HALF(LOAD256) REST HALF(STORE256) "vzeroupper\n" : : "r"(from), "r"(to), "r"(&stop), "r"(&ready) : "memory");
}
#endif

static int has_avx512(void)
{
	unsigned a, b, c, d;
	return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_AVX512F) && (b & bit_AVX512BW);
}

static void *run(void *which)
{
	long n = (long)which;
	unsigned short control;
	unsigned mxcsr;
	__asm__ volatile("fnstcw %0\n stmxcsr %1" : "=m"(control), "=m"(mxcsr));
	if (has_avx512())
		hold512(&wanted[n], &found[n]);
	else
		hold256(&wanted[n], &found[n]);
	__asm__ volatile("fldcw %0\n ldmxcsr %1" : : "m"(control), "m"(mxcsr));
	return NULL;
}

int main(void)
{
	pthread_t threads[THREADS];
	for (int n = 0; n < THREADS; n++) {
		for (unsigned at = 0; at < sizeof wanted[n].zmm; at++)
			((unsigned char *)wanted[n].zmm)[at] = at * 7 + n + at / 64;
		for (int k = 0; k < 8; k++)
			wanted[n].k[k] = 0x0123456789abcdefUL * (k + 1) + n;
		wanted[n].mxcsr = 0x1f80 | (n << 13);
		wanted[n].control = 0x037f | (n << 10);
		for (int x = 0; x < 3; x++)
			wanted[n].x87[x] = 1.5 + x + n * 10;
		MUST(pthread_create(&threads[n], NULL, run, (void *)(long)n) == 0);
	}
	while (__atomic_load_n(&ready, __ATOMIC_SEQ_CST) < THREADS)
		usleep(1000);
	(void)lock;
	wait_for_restore();
	stop = 1;
	int size = has_avx512() ? 64 : 32, count = has_avx512() ? 32 : 16;
	for (int n = 0; n < THREADS; n++) {
		pthread_join(threads[n], NULL);
		for (int reg = 0; reg < count; reg++)
			CHECK(memcmp(wanted[n].zmm[reg], found[n].zmm[reg], size) == 0, "register %d of thread %d", reg, n);
		if (has_avx512())
			CHECK(memcmp(wanted[n].k, found[n].k, sizeof found[n].k) == 0, "mask registers of thread %d", n);
		CHECK(found[n].mxcsr == wanted[n].mxcsr && found[n].control == wanted[n].control, "control words of thread %d: %x %x", n, found[n].mxcsr, found[n].control);
		CHECK(memcmp(wanted[n].x87, found[n].x87, sizeof found[n].x87) == 0, "x87 of thread %d has %f %f %f", n, found[n].x87[0], found[n].x87[1], found[n].x87[2]);
	}
	return finish();
}
