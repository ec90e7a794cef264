/*
 * answers MIB PID PATH: one task with that pid and MIB of anonymous memory. For each connection to the Unix socket PATH it reads some pages of the memory,
 * and answers with a byte.
 */
#include "begin.h"
#include "pages.h"
#include <sys/socket.h>
#include <sys/un.h>

#define PAGE 4096
#define TOUCHED 100

int main(int argc, char **argv)
{
	if (argc != 4)
		return 2;
	size_t size = (size_t)atoi(argv[1]) << 20;
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	strncpy(address.sun_path, argv[3], sizeof address.sun_path - 1);
	int end = begin_at(atoi(argv[2]));
	int server = socket(AF_UNIX, SOCK_STREAM, 0);
	if (bind(server, (struct sockaddr *)&address, sizeof address) < 0 || listen(server, 8) < 0)
		return 1;
	unsigned long *words = make_pages(size);
	say_ready(end);
	for (;;) {
		int client = accept(server, NULL, NULL);
		unsigned long sum = 0;
		for (size_t n = 0; n < TOUCHED; n++)
			sum += words[(n * 7919 * PAGE % size) / 8];
		char byte = sum % 255;
		if (client < 0 || write(client, &byte, 1) != 1)
			return 1;
		/* Until the client closes its end. */
		(void)!read(client, &byte, 1);
		close(client);
	}
}
