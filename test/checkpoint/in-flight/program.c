/* Files in flight in a Unix socket's queue that no restore could complete there. One line in `held` for each: how the refusal calls it. */
#include "../../cases/case.h"
#include "../../cases/connections.h"
#include "../../cases/in-flight.h"
#include <sys/fanotify.h>
#include <sys/inotify.h>

int main(void)
{
	int pair[2], connection[2], watches = inotify_init1(0);
	FILE *held = fopen("held", "w");
	MUST(held != NULL && socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	MUST(watches >= 0 && inotify_add_watch(watches, ".", IN_DELETE) == 1);
	send_one(pair[0], watches);
	fprintf(held, "anon_inode:inotify\n");
	int marks = fanotify_init(0, O_RDONLY);
	if (marks >= 0) {
		MUST(fanotify_mark(marks, FAN_MARK_ADD, FAN_MODIFY, AT_FDCWD, ".") == 0);
		send_one(pair[0], marks);
		fprintf(held, "anon_inode:[fanotify]\n");
	}
	connect_pair(listen_on_loopback(), connection);
	fprintf(held, "%s\n", name_of(connection[1]));
	send_one(pair[0], connection[1]);
	MUST(fclose(held) == 0);
	wait_for_restore();
	return finish();
}
