#!/bin/bash
# Restores here the programs that inside.sh has checkpointed on another kernel. Prints a line for each: `arrival NAME pass`, or `arrival NAME fail: REASON`.
# Usage: arrivals.sh COMMAND PROGRAMS CARRIED
set -u
[ -n "${INSIDE:-}" ] || exec env INSIDE=1 unshare --pid --net --mount --fork --kill-child --mount-proc bash "$0" "$@"
command=$1 programs=$2 carried=$3
. "$(dirname "$0")/programs.sh"
ip link set lo up
mkdir -p $place
mount -t tmpfs kernels $place
for name in $names; do
	[ -f "$carried/$name.tar" ] || continue
	tar -C $place -xf "$carried/$name.tar" && cd "$place/$name" && restore_program arrival "$name" "$(cat secret)"
	cd /
done
umount -l $place && rmdir $place
