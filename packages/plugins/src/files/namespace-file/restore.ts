import { definePlugin, type Plan, type Plugin } from "@restage/core";
import { F, O } from "@restage/linux/abi";
import { NetNamespaces } from "../../namespaces/net/net-namespaces.ts";
import { referencedFiles } from "../descriptors/referenced-files.ts";
import { keepProc, type Location } from "../location.ts";
import { KINDS } from "./format.ts";

/** RESTORE: opens files of namespaces (/proc/PID/ns/...) that have a task of the tree as a member. */
export function namespaceFiles(): Plugin {
  return definePlugin({
    name: "namespace-files",
    duty: "namespace-files",
    uses: [NetNamespaces],
    stages: { RESTORE: "opens files of namespaces" },
    apply({ plan, openFile, service }) {
      let namespaces: ReadonlyMap<number, OpenNamespace> = new Map();
      plan.tap("namespace-files", (plan) => {
        namespaces = findNamespaces(plan);
      });
      openFile.for("NS").tap("namespace-files", ({ task, entry: { nsf } }) => {
        const made = nsf === undefined ? undefined : service(NetNamespaces).descriptor(nsf.ns_id);
        // The tasks of this namespace enter it later, so /proc cannot show it yet.
        if (made !== undefined) return task.call.fcntl(made, F.DUPFD_CLOEXEC, 0);
        const open = nsf === undefined ? undefined : namespaces.get(nsf.id);
        if (nsf === undefined || open === undefined) return undefined;
        return task.call.openat(...open.locate(), (nsf.flags & ~O.NOFOLLOW) | O.CLOEXEC, 0);
      });
    },
  });
}

/** An open namespace that has a task of the tree as a member. */
interface OpenNamespace {
  /** Where it is in /proc, once the member exists. */
  locate(): Location;
}

/** The open namespaces by the ids of their files. Refuses those without a member. */
function findNamespaces(plan: Plan): ReadonlyMap<number, OpenNamespace> {
  const found = new Map<number, OpenNamespace>();
  for (const id of referencedFiles(plan)) {
    const { nsf } = plan.images.file(id, "a task");
    if (nsf === undefined) continue;
    const kind = KINDS.find(({ flag }) => flag === nsf.ns_cflag);
    const member = kind && plan.survivors.find(({ ids }) => ids[kind.id] === nsf.ns_id);
    if (kind === undefined || member === undefined) {
      plan.refuse({
        what: `file ${id}, an open ${kind?.name ?? `kind 0x${nsf.ns_cflag.toString(16)}`} namespace`,
        why: "no task of the checkpoint is in it, so the restore does not create it",
      });
      continue;
    }
    const proc = keepProc(plan);
    found.set(nsf.id, { locate: () => proc(`${member.hostPid}/ns/${kind.name}`) });
  }
  return found;
}
