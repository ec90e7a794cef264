/* Both ends of a terminal and a timerfd that are only in flight in a socket's queue. */
#include "../case.h"
#include "../in-flight.h"
#include <pty.h>
#include <sys/timerfd.h>

int main(void)
{
	int pair[2], master, slave, timer = timerfd_create(CLOCK_MONOTONIC, 0);
	struct termios raw;
	struct itimerspec hour = { .it_value.tv_sec = 3600, .it_interval.tv_sec = 7 }, left = { 0 };
	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0 && timer >= 0 && timerfd_settime(timer, 0, &hour, NULL) == 0);
	MUST(openpty(&master, &slave, NULL, NULL, NULL) == 0 && tcgetattr(slave, &raw) == 0);
	cfmakeraw(&raw);
	MUST(tcsetattr(slave, TCSANOW, &raw) == 0 && write(master, "in", 2) == 2 && write(slave, "out", 3) == 3);
	send_one(pair[0], master);
	send_one(pair[0], slave);
	send_one(pair[0], timer);
	wait_for_restore();
	master = receive_one(pair[1]);
	slave = receive_one(pair[1]);
	timer = receive_one(pair[1]);
	char text[16] = "";
	struct pollfd ready = { slave, POLLIN };
	CHECK(poll(&ready, 1, 1000) == 1 && read(slave, text, sizeof text) == 2 && memcmp(text, "in", 2) == 0, "the slave has %s", text);
	ready.fd = master;
	CHECK(poll(&ready, 1, 1000) == 1 && read(master, text, sizeof text) == 3 && memcmp(text, "out", 3) == 0, "the master has %s", text);
	CHECK(timerfd_gettime(timer, &left) == 0 && left.it_value.tv_sec > 3000 && left.it_interval.tv_sec == 7, "the timer has %ld s", (long)left.it_value.tv_sec);
	return finish();
}
