#!/bin/bash
# Runs as root in the virtual machine of another kernel. Prints a line for each restore: `fixture NAME pass`, or `fixture NAME fail: reason`; the same for
# everyday programs, which are checkpointed first. Usage: inside.sh COMMAND FIXTURES PROGRAMS [NAME...]
set -u
# verify.sh looks at every process several times: it must not see those of the whole machine.
[ -n "${INSIDE:-}" ] || exec env INSIDE=1 unshare --pid --fork --kill-child --mount-proc bash "$0" "$@"
command=$1 fixtures=$2 programs=$3
shift 3
place=$(mktemp -d /run/kernels.XXXXXX)
wanted=" $* "

# A virtual machine without hardware support is slow: no limit here is what a test would allow.
long=240

restore_fixture() {
	local options=() line
	# A checkout can have lost permissions of files.
	[ "$1" = shm ] && options=(--skip-file-rwx-check)
	line=$(WITH_FLAGS=1 RESTORE_TIMEOUT=$long TAIL=4 timeout -k 5 $((long + 60)) "$fixtures/verify.sh" "$1" \
		node "$command" restore -d --timeout $long -D '{images}' "${options[@]}" 2>"$place/errors" | tail -n 1)
	case $line in
	"$1 pass") echo "fixture $1 pass" ;;
	*) echo "fixture $1 fail: $(tr '\n' ' ' <"$place/errors") ${line#"$1 fail: "}" ;;
	esac
}

# Waits until a command succeeds.
wait_until() {
	local n
	for ((n = 0; n < long * 2; n++)); do
		"$@" && return
		sleep 0.5
	done
	return 1
}

is_gone() { [ ! -e "/proc/$1" ]; }
runs() { [ -n "$($1 2>/dev/null)" ]; }
# The beginning of the state stays, such as a secret that the program keeps in memory, and the rest changes.
continues() {
	local now
	now=$($1 2>/dev/null)
	[ "${now:0:16}" = "${2:0:16}" ] && [ "$now" != "$2" ]
}

# trip NAME STATE WORDS...: a program is checkpointed, which ends it, and restored. STATE is a command that shows what it does.
trip() {
	local name=$1 state=$2 images=$place/$1/images pid before
	shift 2
	mkdir -p "$place/$name/images" && cd "$place/$name" || exit
	setsid "$@" </dev/null >output 2>&1 &
	pid=$!
	wait_until runs "$state" || { echo "program $name fail: it does not run here"; return; }
	before=$($state)
	wait_until continues "$state" "$before" || { echo "program $name fail: it does not run here"; return; }
	node "$command" checkpoint "$pid" --timeout $long -D "$images" >errors 2>&1 ||
		{ echo "program $name fail: $(tr '\n' ' ' <errors)"; return; }
	wait_until is_gone "$pid" || { echo "program $name fail: it still runs after its checkpoint"; return; }
	node "$command" restore -d --timeout $long -D "$images" >errors 2>&1 ||
		{ echo "program $name fail: $(tr '\n' ' ' <errors)"; return; }
	wait_until runs "$state" && before=$($state)
	if wait_until continues "$state" "$before"; then echo "program $name pass"; else echo "program $name fail: it does not continue"; fi
	kill -9 -- "-$pid" 2>/dev/null
}

is_wanted() { [ "$wanted" = "  " ] || [[ $wanted == *" $1 "* ]]; }

for name in $(grep -o '"name": "[^"]*"' "$fixtures/fixtures.json" | cut -d'"' -f4); do
	is_wanted "$name" && restore_fixture "$name"
done
is_wanted bash && trip bash "cat numbers" bash "$programs/pipeline.sh"
is_wanted python3 && trip python3 "cat state" python3 "$programs/threads.py"
is_wanted node && trip node "curl -s --max-time 60 http://127.0.0.1:8095/" node "$programs/server.cjs"
echo complete
