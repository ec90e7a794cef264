/**
 * The text of a program named criu: a shell script, because a shell is one small thread.
 *
 * runc puts the process that it started into the container's cgroups, with their limits, before it asks for a restore. A JavaScript runtime has more threads
 * and needs more memory than a small container allows. So the shell forks, the child goes to the cgroups of the process that started the script, and the runtime
 * runs there; the shell waits. The tree gets its own cgroups from the restore.
 *
 * @param command the runtime and its arguments, up to the script.
 */
export function launcher(command: readonly string[]): string {
  return `#!/bin/sh
# Restage under the name of CRIU.
restage() { exec ${command.map(quoted).join(" ")} criu "$@"; }
[ "$1" = swrk ] || restage "$@"
(
	while IFS=: read -r id controllers path; do
		case $controllers in
		'') for mount in /sys/fs/cgroup/unified /sys/fs/cgroup; do [ -f "$mount/cgroup.procs" ] && [ -f "$mount/cgroup.controllers" ] && break; done ;;
		*) mount=/sys/fs/cgroup/\${controllers#name=} ;;
		esac
		[ -f "$mount$path/cgroup.procs" ] && echo 0 >"$mount$path/cgroup.procs"
	done </proc/$PPID/cgroup 2>/dev/null
	restage "$@"
) &
wait $!
`;
}

/** The text of a program that starts a command of Restage. */
export function plainLauncher(command: readonly string[], name: string): string {
  return `#!/bin/sh\nexec ${command.map(quoted).join(" ")} ${name} "$@"\n`;
}

/** A word for the shell. */
function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\\\''")}'`;
}
