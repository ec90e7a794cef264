#!/bin/bash
# Runs as root in the virtual machine of another kernel. Prints a line for each restore as it ends: `fixture NAME pass`, or `fixture NAME fail: REASON`. Then
# the same for everyday programs, which are checkpointed first; a copy of each checkpoint goes to /run/carried, for arrivals.sh. With CRIU=PATH, that
# CRIU is tried where Restage fails (`criu NAME pass`). Usage: inside.sh COMMAND FIXTURES PROGRAMS [NAME...]
set -u
# verify.sh looks at every process several times: it must not see those of the whole machine.
[ -n "${INSIDE:-}" ] || exec env INSIDE=1 unshare --pid --fork --kill-child --mount-proc bash "$0" "$@"
command=$1 fixtures=$2 programs=$3
shift 3
wanted=" $* "
. "$(dirname "$0")/programs.sh"
mkdir -p $place
# The pids of the programs must be free in arrivals.sh.
echo 5000 >/proc/sys/kernel/ns_last_pid

is_wanted() { [ "$wanted" = "  " ] || [[ $wanted == *" $1 "* ]]; }

# restore_fixture KIND NAME WORDS...: WORDS restore the fixture. Fails if it does not pass.
restore_fixture() {
	local kind=$1 name=$2 line
	shift 2
	line=$(WITH_FLAGS=1 RESTORE_TIMEOUT=$limit TAIL=4 timeout -k 5 $((limit + 60)) "$fixtures/verify.sh" "$name" "$@" 2>$place/errors | tail -n 1)
	case $line in
	"$name pass") echo "$kind $name pass" ;;
	*)
		echo "$kind $name fail: $(tr '\n' ' ' <$place/errors) ${line#"$name fail: "}"
		return 1
		;;
	esac
}

# checkpoint_program NAME: starts a program, checkpoints it, which ends it, and restores it.
checkpoint_program() {
	local name=$1 words pid before
	read -ra words <<<"$(words_of "$name")"
	command -v "${words[0]}" >/dev/null || return
	mkdir -p "$place/$name" && cd "$place/$name" || exit
	# Outside, root may lack this capability.
	setsid setpriv --inh-caps -sys_resource --bounding-set -sys_resource "${words[@]}" </dev/null >output 2>&1 &
	pid=$!
	disown
	wait_until runs "$name" || { echo "program $name fail: it does not run here"; return; }
	before=$(state_of "$name")
	wait_until continues "$name" "$before" || { echo "program $name fail: it does not run here"; return; }
	echo "${before%%[ ,]*}" >secret
	node "$command" checkpoint "$pid" --timeout $limit -D images >errors 2>&1 ||
		{ echo "program $name fail: $(tr '\n' ' ' <errors)"; return; }
	wait_until is_gone "$pid" || { echo "program $name fail: it still runs after its checkpoint"; return; }
	tar -C $place -cf "/run/carried/$name.tar" "$name"
	restore_program program "$name" "$(cat secret)"
	kill -9 -- "-$pid" 2>/dev/null
}

for name in $(grep -o '"name": "[^"]*"' "$fixtures/fixtures.json" | cut -d'"' -f4); do
	is_wanted "$name" || continue
	# A checkout can have lost permissions of files.
	options=()
	[ "$name" = shm ] && options=(--skip-file-rwx-check)
	restore_fixture fixture "$name" node "$command" restore -d --timeout $limit -D '{images}' "${options[@]}" || [ -z "${CRIU:-}" ] ||
		restore_fixture criu "$name" "$CRIU" restore -d -D '{images}' -W $place -o $place/log "${options[@]}"
done
for name in $names; do is_wanted "$name" && checkpoint_program "$name"; done
echo complete
