/* BPF maps: a hash, an array, a frozen map, a map with two open file descriptions, and a read-only one. */
#include "../case.h"
#include <linux/bpf.h>
#include <sys/syscall.h>

static int bpf(int command, union bpf_attr *attributes)
{
	return syscall(SYS_bpf, command, attributes, sizeof *attributes);
}

static int map(int type, int keys, int values, int entries, int flags, const char *name)
{
	union bpf_attr attributes = { .map_type = type, .key_size = keys, .value_size = values, .max_entries = entries, .map_flags = flags };
	strcpy(attributes.map_name, name);
	int fd = bpf(BPF_MAP_CREATE, &attributes);
	MUST(fd >= 0);
	return fd;
}

static int put_in(int fd, long key, long value)
{
	union bpf_attr attributes = { .map_fd = fd, .key = (unsigned long)&key, .value = (unsigned long)&value };
	return bpf(BPF_MAP_UPDATE_ELEM, &attributes);
}

static long get_from(int fd, long key)
{
	long value = -1;
	union bpf_attr attributes = { .map_fd = fd, .key = (unsigned long)&key, .value = (unsigned long)&value };
	return bpf(BPF_MAP_LOOKUP_ELEM, &attributes) == 0 ? value : -1;
}

static struct bpf_map_info info_of(int fd)
{
	struct bpf_map_info info = { 0 };
	union bpf_attr attributes = { .info = { .bpf_fd = fd, .info_len = sizeof info, .info = (unsigned long)&info } };
	CHECK(bpf(BPF_OBJ_GET_INFO_BY_FD, &attributes) == 0, "no information");
	return info;
}

static int again(int fd, int flags)
{
	union bpf_attr attributes = { .map_id = info_of(fd).id, .open_flags = flags };
	int other = bpf(BPF_MAP_GET_FD_BY_ID, &attributes);
	MUST(other >= 0);
	return other;
}

int main(void)
{
	int hash = map(BPF_MAP_TYPE_HASH, 8, 8, 64, BPF_F_NO_PREALLOC, "a_hash"), array = map(BPF_MAP_TYPE_ARRAY, 4, 8, 16, 0, "an_array");
	int frozen = map(BPF_MAP_TYPE_ARRAY, 4, 8, 4, BPF_F_RDONLY_PROG, "frozen"), empty = map(BPF_MAP_TYPE_HASH, 8, 8, 4, 0, "");
	for (long n = 0; n < 40; n++)
		MUST(put_in(hash, n * n, n + 1000) == 0);
	for (long n = 0; n < 16; n++)
		MUST(put_in(array, n, -n) == 0);
	MUST(put_in(frozen, 2, 22) == 0);
	union bpf_attr freeze = { .map_fd = frozen };
	MUST(bpf(BPF_MAP_FREEZE, &freeze) == 0);
	int second = again(hash, 0), reader = again(array, BPF_F_RDONLY);

	wait_for_restore();

	for (long n = 0; n < 40; n++)
		CHECK(get_from(hash, n * n) == n + 1000, "hash: %ld", n);
	for (long n = 0; n < 16; n++)
		CHECK(get_from(array, n) == -n, "array: %ld", n);
	CHECK(get_from(hash, 2) == -1 && get_from(empty, 0) == -1, "there is too much");
	struct bpf_map_info info = info_of(hash);
	CHECK(info.type == BPF_MAP_TYPE_HASH && info.max_entries == 64 && info.map_flags == BPF_F_NO_PREALLOC, "hash: flags %x", info.map_flags);
	CHECK(strcmp(info.name, "a_hash") == 0 && info_of(second).id == info.id, "hash: name '%s'", info.name);
	CHECK(put_in(second, 5, 55) == 0 && get_from(hash, 5) == 55, "the second description is of another map");
	CHECK(put_in(reader, 5, 55) < 0 && errno == EPERM && get_from(reader, 5) == -5, "the one for reading");
	CHECK(info_of(reader).id == info_of(array).id && put_in(array, 5, 55) == 0, "array");
	CHECK(get_from(frozen, 2) == 22 && put_in(frozen, 2, 23) < 0 && errno == EPERM, "frozen: it can be written");
	CHECK(put_in(empty, 1, 2) == 0 && get_from(empty, 1) == 2, "empty");
	return finish();
}
