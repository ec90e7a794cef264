import { definePlugin, type Plan, type Plugin, type Task } from "@restage/core";
import type { NsFileEntry } from "@restage/images";
import { AT_FDCWD, CLONE, F, O } from "@restage/linux/abi";
import { NetNamespaces } from "../../namespaces/net/net-namespaces.ts";
import { referencedFiles } from "../descriptors/referenced-files.ts";

/** Kinds of namespaces: their names in /proc/PID/ns and their fields in ids images. Source: proc_pid_ns(5), CRIU images/core.proto. */
const KINDS = [
  { flag: CLONE.NEWPID, name: "pid", id: "pid_ns_id" },
  { flag: CLONE.NEWNET, name: "net", id: "net_ns_id" },
  { flag: CLONE.NEWIPC, name: "ipc", id: "ipc_ns_id" },
  { flag: CLONE.NEWUTS, name: "uts", id: "uts_ns_id" },
  { flag: CLONE.NEWNS, name: "mnt", id: "mnt_ns_id" },
  { flag: CLONE.NEWUSER, name: "user", id: "user_ns_id" },
  { flag: CLONE.NEWCGROUP, name: "cgroup", id: "cgroup_ns_id" },
  { flag: CLONE.NEWTIME, name: "time", id: "time_ns_id" },
] as const;

/** RESTORE: opens files of namespaces (/proc/PID/ns/...) that have a task of the tree as a member. */
export function namespaceFiles(): Plugin {
  return definePlugin({
    name: "namespace-files",
    duty: "namespace-files",
    uses: [NetNamespaces],
    stages: { RESTORE: "opens files of namespaces" },
    apply({ plan, openFile, service }) {
      let survivors: readonly Task[] = [];
      plan.tap("namespace-files", (plan) => {
        survivors = plan.survivors;
        checkNamespaceFiles(plan);
      });
      openFile.for("NS").tap("namespace-files", ({ task, entry: { nsf } }) => {
        const made = nsf === undefined ? undefined : service(NetNamespaces).descriptor(nsf.ns_id);
        // The tasks of this namespace enter it later, so /proc cannot show it yet.
        if (made !== undefined) return task.call.fcntl(made, F.DUPFD_CLOEXEC, 0);
        const path = nsf === undefined ? undefined : pathOf(survivors, nsf);
        if (nsf === undefined || path === undefined) return undefined;
        const hint = `mount the /proc of the tree's pid namespace in the tree: ${path} is opened there`;
        return task.call.openat(AT_FDCWD, path, (nsf.flags & ~O.NOFOLLOW) | O.CLOEXEC, 0).hint(hint);
      });
    },
  });
}

/** The path of a namespace, in the directory of a task that is in it. */
function pathOf(survivors: readonly Task[], { ns_id, ns_cflag }: NsFileEntry): string | undefined {
  const kind = KINDS.find(({ flag }) => flag === ns_cflag);
  if (kind === undefined) return undefined;
  const member = survivors.find(({ ids }) => ids[kind.id] === ns_id);
  return member === undefined ? undefined : `/proc/${member.pid}/ns/${kind.name}`;
}

function checkNamespaceFiles(plan: Plan): void {
  for (const id of referencedFiles(plan)) {
    const { nsf } = plan.images.file(id, "a task");
    if (nsf === undefined || pathOf(plan.survivors, nsf) !== undefined) continue;
    const name = KINDS.find(({ flag }) => flag === nsf.ns_cflag)?.name ?? `kind 0x${nsf.ns_cflag.toString(16)}`;
    plan.refuse({
      what: `file ${id}, an open ${name} namespace`,
      why: "no task of the checkpoint is in it, so the restore does not create it",
    });
  }
}
