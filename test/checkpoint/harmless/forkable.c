/* Loaded into Node (LD_PRELOAD), so that it can be forked: V8 keeps its memory from forks, to make them faster. */
#include <stddef.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

int madvise(void *address, size_t length, int advice)
{
	return advice == MADV_DONTFORK ? 0 : syscall(SYS_madvise, address, length, advice);
}
