/* A fifo and a socket's file that were opened with O_PATH. CRIU cannot save such a fifo. */
#include "../case.h"
#include <sys/socket.h>
#include <sys/un.h>

int main(void)
{
	struct sockaddr_un name = { AF_UNIX, "socket" };
	int listener = socket(AF_UNIX, SOCK_STREAM, 0);
	MUST(mkfifo("fifo", 0640) == 0 && bind(listener, (void *)&name, sizeof name) == 0);
	int found[] = { open("fifo", O_PATH), open("socket", O_PATH) };
	wait_for_restore();
	const mode_t types[] = { S_IFIFO, S_IFSOCK };
	for (int n = 0; n < 2; n++) {
		struct stat is;
		CHECK(fstat(found[n], &is) == 0 && (is.st_mode & S_IFMT) == types[n], "file %d: mode %o", n, is.st_mode);
		CHECK((fcntl(found[n], F_GETFL) & O_PATH) != 0, "file %d: flags %o", n, fcntl(found[n], F_GETFL));
	}
	return finish();
}
