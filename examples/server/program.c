/* A web server that keeps a count in memory, a greeting in its environment and a secret in its data. */
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static char secret[32] = "secret-of-the-checkpoint";
static int hits;

int main(int argc, char **argv)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(argc > 1 ? atoi(argv[1]) : 8097) };
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	int server = socket(AF_INET, SOCK_STREAM, 0), on = 1;
	setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(server, (struct sockaddr *)&address, sizeof address) != 0 || listen(server, 16) != 0)
		return 1;
	signal(SIGPIPE, SIG_IGN);
	for (;;) {
		char request[1024], answer[512];
		int client = accept(server, NULL, NULL);
		if (client < 0)
			continue;
		if (read(client, request, sizeof request) > 0) {
			char body[256], host[64] = "";
			gethostname(host, sizeof host - 1);
			int length = snprintf(body, sizeof body, "%s, visitor %d\nhost %s\nsecret %s\n", getenv("GREETING"), ++hits, host, secret);
			length = snprintf(answer, sizeof answer, "HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n%s", length, body);
			if (write(client, answer, length) < 0)
				hits--;
		}
		close(client);
	}
}
