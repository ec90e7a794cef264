/* A blocked SIGTRAP of the process and a blocked SIGSEGV of a thread, both pending. CRIU does not save a pending SIGTRAP. */
#include "../case.h"

int main(void)
{
	sigset_t set;
	siginfo_t info;
	struct timespec none = { 0, 0 };
	sigemptyset(&set);
	sigaddset(&set, SIGTRAP);
	sigaddset(&set, SIGSEGV);
	MUST(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
	MUST(sigqueue(getpid(), SIGTRAP, (union sigval){ .sival_int = 5 }) == 0 && raise(SIGSEGV) == 0);
	wait_for_restore();
	CHECK(sigtimedwait(&set, &info, &none) == SIGSEGV, "signal %d", info.si_signo);
	CHECK(sigtimedwait(&set, &info, &none) == SIGTRAP && info.si_value.sival_int == 5, "signal %d, value %d", info.si_signo, info.si_value.sival_int);
	return finish();
}
