import { readMaps } from "../host/procfs.ts";
import { readWhole } from "../host/read-whole.ts";

/** The reason why a process with as many mappings as vm.max_map_count allows can map nothing, for an error. Undefined if it has fewer. */
export function whyNoMoreMappings(pid: number): string | undefined {
  const limit = Number(readWhole("/proc/sys/vm/max_map_count").toString("latin1"));
  // The kernel shows the vsyscall page in every process, and counts it in none.
  const { length } = readMaps(pid).filter(({ name }) => name !== "[vsyscall]");
  if (length < limit) return undefined;
  return `, which has ${length} mappings, and vm.max_map_count allows ${limit}: raise it with \`sysctl -w vm.max_map_count=${2 * length}\``;
}
