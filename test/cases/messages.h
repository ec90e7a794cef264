/* Texts that programs send through sockets. Include it after case.h. */
#include <sys/socket.h>

/* Sends a text. */
static void say(int fd, const char *text)
{
	MUST(send(fd, text, strlen(text), 0) == (ssize_t)strlen(text));
}

/* Checks that a text has arrived; `what` names it in the result. */
static void hear(const char *what, int fd, const char *text)
{
	char found[256] = "";
	ssize_t length = recv(fd, found, sizeof found - 1, MSG_DONTWAIT);
	CHECK(length == (ssize_t)strlen(text) && strcmp(found, text) == 0, "%s: '%s' (%zd), not '%s'", what, found, length, text);
}
