import type { Host, Task } from "@restage/core";
import { AT_FDCWD, CLONE, O } from "@restage/linux/abi";

/**
 * Does something of the coordinator's in the network namespace of a task: sockets made, sysctls and programs run there are those of that
 * namespace. Nothing is awaited meanwhile. `work` gets a descriptor of the own namespace. Requires CAP_SYS_ADMIN. Source: setns(2).
 */
export function insideNetworkOf<T>(task: Task, host: Host, work: (own: number) => T): T {
  const own = host.call.openat(AT_FDCWD, "/proc/self/ns/net", O.RDONLY | O.CLOEXEC, 0).result;
  try {
    const other = host.call.openat(AT_FDCWD, `/proc/${task.hostPid}/ns/net`, O.RDONLY | O.CLOEXEC, 0).result;
    try {
      host.call.setns(other, CLONE.NEWNET);
    } finally {
      host.call.close(other);
    }
    try {
      return work(own);
    } finally {
      host.call.setns(own, CLONE.NEWNET);
    }
  } finally {
    host.call.close(own);
  }
}
