/** How everything that a person reads names a task: `task 7 (redis-server)`, or `task 7` if the name of its command is not known. */
export function taskName(pid: number, comm: string | undefined): string {
  return comm === undefined || comm === "" ? `task ${pid}` : `task ${pid} (${comm.replace(/\p{Cc}/gu, "?")})`;
}
