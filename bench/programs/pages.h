/* Memory in which no two pages are equal. */
#include <stddef.h>
#include <sys/mman.h>

static unsigned long *make_pages(size_t size)
{
	unsigned long *words = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned long x = 1;
	for (size_t n = 0; n < size / 8; n++)
		words[n] = x = x * 6364136223846793005UL + 1442695040888963407UL;
	return words;
}
