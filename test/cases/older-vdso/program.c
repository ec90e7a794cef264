/* Calls the functions of the vdso that the test restores as if this kernel lacked them: clock_getres, getcpu and getrandom. */
#include "../case.h"
#include "../vdso.h"
#include <stdint.h>
#include <sys/syscall.h>

/* struct vgetrandom_opaque_params of linux/random.h, which older headers lack. */
struct parameters {
	uint32_t size, protection, flags, reserved[13];
};

typedef int resolution_function(clockid_t, struct timespec *);
typedef int processor_function(unsigned *, unsigned *, void *);
typedef ssize_t random_function(void *, size_t, unsigned, void *, size_t);

static int is_zero(const void *data, size_t length)
{
	for (size_t n = 0; n < length; n++)
		if (((const char *)data)[n] != 0)
			return 0;
	return 1;
}

int main(void)
{
	resolution_function *clock_resolution = find("__vdso_clock_getres");
	processor_function *processor = find("__vdso_getcpu");
	random_function *randomness = find("__vdso_getrandom");
	MUST(clock_resolution != NULL && processor != NULL);
	wait_for_restore();
	struct timespec is, expected;
	CHECK(clock_resolution(CLOCK_MONOTONIC, &is) == 0 && clock_getres(CLOCK_MONOTONIC, &expected) == 0, "clock_getres");
	CHECK(is.tv_sec == expected.tv_sec && is.tv_nsec == expected.tv_nsec, "another resolution: %ld", is.tv_nsec);
	CHECK(clock_resolution(12345, &is) == -EINVAL, "clock_getres of an unknown clock");
	unsigned cpu = ~0u, node = ~0u;
	CHECK(processor(&cpu, &node, NULL) == 0 && cpu < 4096 && node < 1024, "getcpu: %u, %u", cpu, node);
	if (randomness != NULL) {
		struct parameters parameters;
		memset(&parameters, 0xff, sizeof parameters);
		CHECK(randomness(NULL, 0, 0, &parameters, ~0ul) == 0, "the parameters of getrandom");
		CHECK(parameters.size > 0 && parameters.size <= 4096, "a state of %u bytes", parameters.size);
		CHECK(is_zero(parameters.reserved, sizeof parameters.reserved), "reserved fields are set");
		char *state = mmap(NULL, parameters.size, parameters.protection, parameters.flags, -1, 0), bytes[64] = "";
		CHECK(state != MAP_FAILED, "mmap with flags %x", parameters.flags);
		CHECK(randomness(bytes, sizeof bytes, 0, state, parameters.size) == sizeof bytes && !is_zero(bytes, sizeof bytes), "no random bytes");
		CHECK(is_zero(state, parameters.size), "the state is used");
		CHECK(randomness(bytes, 1, 0xffff, state, parameters.size) == -EINVAL, "unknown flags");
	}
	return finish();
}
