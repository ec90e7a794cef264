/* Three tasks that communicate through pipes. Their parent reaps a child that ends. */
#include "../case.h"

/* Answers each byte with the next one. */
static void answer(int in, int out)
{
	char byte;
	while (read(in, &byte, 1) == 1) {
		byte++;
		MUST(write(out, &byte, 1) == 1);
	}
	exit(7);
}

int main(void)
{
	int to[2][2], from[2][2];
	pid_t children[2];
	for (int n = 0; n < 2; n++) {
		MUST(pipe(to[n]) == 0 && pipe(from[n]) == 0);
		children[n] = fork();
		MUST(children[n] >= 0);
		if (children[n] == 0) {
			close(to[n][1]);
			if (n == 1)
				close(to[0][1]);
			answer(to[n][0], from[n][1]);
		}
		close(to[n][0]);
		close(from[n][1]);
	}
	wait_for_restore();
	for (int n = 0; n < 2; n++) {
		char byte = 'a' + n;
		CHECK(write(to[n][1], &byte, 1) == 1 && read(from[n][0], &byte, 1) == 1 && byte == 'b' + n, "child %d says %c", n, byte);
		close(to[n][1]);
		int status = 0;
		CHECK(waitpid(children[n], &status, 0) == children[n] && WEXITSTATUS(status) == 7, "child %d ended with %x", n, status);
	}
	return finish();
}
