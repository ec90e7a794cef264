# Everyday programs: how they start, are restored, and show that they continue. inside.sh and arrivals.sh use it, with `command` and `programs` set.

# The same directory on every kernel: checkpoints are carried from one to the other.
place=/run/restage-kernels
# A machine without hardware support is slow: no limit here is what a test would allow.
limit=150

names="bash python3 perl ruby node redis"

words_of() {
	case $1 in
	bash) echo "bash $programs/pipeline.sh" ;;
	python3) echo "python3 $programs/threads.py" ;;
	perl) echo "perl $programs/alarms.pl" ;;
	ruby) echo "ruby $programs/fibers.rb" ;;
	node) echo "node $programs/server.cjs" ;;
	redis) echo "redis-server --port 8096 --save" ;;
	esac
}

# Prints what a program does, in its directory. The first word stays as long as the program runs, such as a secret in its memory, and the rest changes.
state_of() {
	local once="redis.call('set', 'secret', ARGV[1], 'NX')"
	case $1 in
	bash) [ -s numbers ] && echo "numbers $(tail -n 1 numbers)" ;;
	node) curl -s --max-time 60 http://127.0.0.1:8095/ ;;
	redis) redis-cli -p 8096 eval "$once return redis.call('get', 'secret')..' '..redis.call('incr', 'count')" 0 "$RANDOM$RANDOM$RANDOM" ;;
	*) cat state ;;
	esac 2>/dev/null
}

# Waits until a command succeeds.
wait_until() {
	local n
	for ((n = 0; n < limit * 2; n++)); do
		"$@" && return
		sleep 0.5
	done
	return 1
}

is_gone() { [ ! -e "/proc/$1" ]; }
runs() { [ -n "$(state_of "$1")" ]; }
continues() {
	local now
	now=$(state_of "$1")
	[ "${now%%[ ,]*}" = "${2%%[ ,]*}" ] && [ "$now" != "$2" ]
}

# restore_program KIND NAME SECRET: restores a program, in its directory, and prints the result.
restore_program() {
	local before
	node "$command" restore -d --timeout $limit -D images >errors 2>&1 || { echo "$1 $2 fail: $(tr '\n' ' ' <errors)"; return; }
	wait_until runs "$2"
	before=$(state_of "$2")
	if [ "${before%%[ ,]*}" != "$3" ]; then
		echo "$1 $2 fail: it is not the same program"
	elif wait_until continues "$2" "$before"; then
		echo "$1 $2 pass"
	else
		echo "$1 $2 fail: it does not continue"
	fi
}
