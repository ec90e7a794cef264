/* A pipe in packet mode, in which packets wait: each read returns one. */
#include "../case.h"

int main(void)
{
	int ends[2];
	char packet[4096], found[8192];
	memset(packet, 'p', sizeof packet);
	MUST(pipe2(ends, O_DIRECT | O_NONBLOCK) == 0);
	MUST(write(ends[1], "one", 3) == 3 && write(ends[1], "three", 5) == 5);
	MUST(write(ends[1], packet, sizeof packet) == sizeof packet && write(ends[1], "!", 1) == 1);
	wait_for_restore();
	CHECK(read(ends[0], found, sizeof found) == 3 && memcmp(found, "one", 3) == 0, "the first packet");
	/* what does not fit is lost */
	CHECK(read(ends[0], found, 2) == 2 && memcmp(found, "th", 2) == 0, "the second packet");
	CHECK(read(ends[0], found, sizeof found) == sizeof packet && memcmp(found, packet, sizeof packet) == 0, "the third packet");
	CHECK(read(ends[0], found, sizeof found) == 1 && *found == '!', "the last packet");
	CHECK(fcntl(ends[1], F_GETFL) & O_DIRECT, "packet mode");
	CHECK(write(ends[1], "new", 3) == 3 && write(ends[1], "er", 2) == 2, "write");
	CHECK(read(ends[0], found, sizeof found) == 3 && read(ends[0], found, sizeof found) == 2, "new packets");
	return finish();
}
