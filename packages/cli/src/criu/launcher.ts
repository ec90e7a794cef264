import { encodeMessage } from "@restage/images";
import { criuReq, criuResp, REQUEST } from "../rpc/messages.ts";
import { VERSION_ANSWER } from "../rpc/version-answer.ts";

/** Words of a request are shorter than the longest argument that the kernel passes on (MAX_ARG_STRLEN). */
const LONGEST_WORD = 65_536;
const LARGEST_REQUEST = 1 << 20;

/**
 * The text of a program named criu: a shell script, because a shell is one small thread.
 *
 * runc puts the process that it started into the container's cgroups, with their limits, before it asks for a restore. A JavaScript runtime has more threads
 * and needs more memory than a small container allows. So the shell forks, and the runtime runs in the child, in the cgroups of the process that started the
 * script; the shell waits. The child goes there only in those hierarchies where the shell had been moved before it forked: each move takes milliseconds. The
 * tree gets its own cgroups from the restore.
 *
 * Engines ask for the version before anything else, each time in a process of its own, which takes a runtime longer to start than CRIU to restore. So the
 * child reads the request, answers this one itself, and passes any other to the runtime. (The shells of many systems redirect only from descriptors of one digit.)
 *
 * @param command the runtime and its arguments, up to the script.
 */
export function launcher(command: readonly string[]): string {
  const versionRequest = Buffer.from(encodeMessage(criuReq, { type: REQUEST.VERSION })).toString("base64");
  const versionAnswer = [...encodeMessage(criuResp, VERSION_ANSWER)].map(
    (byte) => `\\${byte.toString(8).padStart(3, "0")}`,
  );
  return `#!/bin/sh
# Restage under the name of CRIU.
restage() { exec ${command.map(quoted).join(" ")} criu "$@"; }
[ "$1" = swrk ] || restage "$@"
(
	while IFS=: read -r id controllers path && IFS=: read -r id controllers own <&9; do
		[ "$path" = "$own" ] && continue
		case $controllers in
		'') for mount in /sys/fs/cgroup/unified /sys/fs/cgroup; do [ -f "$mount/cgroup.procs" ] && [ -f "$mount/cgroup.controllers" ] && break; done ;;
		*) mount=/sys/fs/cgroup/\${controllers#name=} ;;
		esac
		[ -f "$mount$path/cgroup.procs" ] && echo 0 >"$mount$path/cgroup.procs"
	done </proc/$PPID/cgroup 9</proc/self/cgroup 2>/dev/null
	if [ \${#2} = 1 ] && command -v base64 >/dev/null; then
		request=$(dd bs=${LARGEST_REQUEST} count=1 <&$2 2>/dev/null | base64 -w ${LONGEST_WORD})
		if [ "$request" = ${versionRequest} ]; then
			printf '${versionAnswer.join("")}' >&$2
			exit
		fi
	fi
	restage "$@" $request
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
