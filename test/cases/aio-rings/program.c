/* Asynchronous I/O contexts: an empty one, one with pending events, and one whose ring has wrapped. All stay usable. */
#include "../case.h"
#include <linux/aio_abi.h>
#include <sys/syscall.h>

static int file;
static char byte = 'b';

static void submit(aio_context_t context, int count, int first)
{
	for (int n = 0; n < count; n++) {
		struct iocb request = { .aio_data = first + n, .aio_lio_opcode = IOCB_CMD_PWRITE, .aio_fildes = file,
					.aio_buf = (unsigned long)&byte, .aio_nbytes = 1, .aio_offset = first + n };
		struct iocb *list = &request;
		MUST(syscall(SYS_io_submit, context, 1L, &list) == 1);
	}
}

/* Reads events. Returns how many are as expected. */
static int take(aio_context_t context, int count, int first)
{
	struct io_event events[256];
	struct timespec none = { 0, 0 };
	int got = syscall(SYS_io_getevents, context, 0L, (long)count, events, &none), right = 0;
	for (int n = 0; n < got; n++)
		right += events[n].data == (unsigned)(first + n) && events[n].res == 1;
	return right;
}

int main(void)
{
	aio_context_t empty = 0, pending = 0, wrapped = 0;
	file = open("file", O_RDWR | O_CREAT, 0600);
	MUST(file >= 0);
	MUST(syscall(SYS_io_setup, 10, &empty) == 0);
	MUST(syscall(SYS_io_setup, 500, &pending) == 0);
	MUST(syscall(SYS_io_setup, 20, &wrapped) == 0);
	submit(pending, 7, 100);
	MUST(take(pending, 3, 100) == 3);
	/* The smallest ring holds 60 to 130 events. */
	for (int n = 0; n < 300; n += 10) {
		submit(wrapped, 10, n);
		MUST(take(wrapped, 10, n) == 10);
	}
	submit(wrapped, 5, 300);
	wait_for_restore();
	CHECK(take(empty, 10, 0) == 0, "the empty one is not");
	CHECK(take(pending, 10, 103) == 4, "pending events");
	CHECK(take(wrapped, 10, 300) == 5, "wrapped events");
	aio_context_t all[] = { empty, pending, wrapped };
	for (int which = 0; which < 3; which++) {
		for (int n = 0; n < 200; n += 5) {
			submit(all[which], 5, n);
			int got = take(all[which], 10, n);
			CHECK(got == 5, "context %d: %d of 5 events after %d", which, got, n);
		}
		CHECK(syscall(SYS_io_destroy, all[which]) == 0, "context %d cannot be destroyed", which);
	}
	return finish();
}
