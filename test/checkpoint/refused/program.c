/* Holds one file of each kind that cannot be saved, besides files that can. */
#include "../../cases/case.h"
#include <linux/perf_event.h>
#include <linux/io_uring.h>
#include <linux/userfaultfd.h>
#include <linux/seccomp.h>
#include <linux/filter.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/syscall.h>

/* Records a kind of file that this kernel supports. */
static void hold(const char *name, long fd)
{
	char line[200];
	if (fd < 0)
		return;
	snprintf(line, sizeof line, "%ld %s\n", fd, name);
	int list = openat(home, "held", O_WRONLY | O_CREAT | O_APPEND, 0644);
	MUST(write(list, line, strlen(line)) == (ssize_t)strlen(line));
	close(list);

}

int main(void)
{
	MUST(eventfd(3, 0) >= 0 && inotify_init() >= 0);
	struct io_uring_params ring = { 0 };
	hold("io_uring", syscall(SYS_io_uring_setup, 4, &ring));
	hold("userfaultfd", syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY));
	struct perf_event_attr event = { .type = PERF_TYPE_SOFTWARE, .size = sizeof event, .config = PERF_COUNT_SW_TASK_CLOCK };
	hold("perf_event", syscall(SYS_perf_event_open, &event, 0, -1, -1, 0));
	hold("secretmem", syscall(447 /* memfd_secret */, 0));
	hold("socket", socket(AF_ALG, SOCK_SEQPACKET, 0));
	hold("socket", socket(40 /* AF_VSOCK */, SOCK_STREAM, 0));
	wait_for_restore();
	return finish();
}
