import { type DumpContext, definePlugin, type Host, type Plugin, type SeizedTask } from "@restage/core";
import { findInOrder } from "@restage/core/dump";

/** Namespaces by their names in /proc and in images. */
const NAMESPACES = [
  ["pid", "pid_ns_id"],
  ["net", "net_ns_id"],
  ["ipc", "ipc_ns_id"],
  ["uts", "uts_ns_id"],
  ["time", "time_ns_id"],
  ["mnt", "mnt_ns_id"],
  ["user", "user_ns_id"],
  ["cgroup", "cgroup_ns_id"],
] as const;

/** The objects that tasks may share, by their names in kcmp(2), with their fields in images. */
const OBJECTS = [
  ["VM", "vm_id"],
  ["FILES", "files_id"],
  ["FS", "fs_id"],
  ["SIGHAND", "sighand_id"],
] as const;

/**
 * Records which kernel objects tasks share: namespaces, and the objects that clone(2) can share between processes. The inventory records the namespaces
 * of this process, so that a restore recognizes which ones are the tree's own.
 */
export function objectIds(): Plugin {
  return definePlugin({
    name: "object-ids",
    duty: "object-ids",
    phases: {
      inspect:
        "finds the namespaces and objects that tasks share; refuses CLONE_VM, CLONE_FS and CLONE_SIGHAND between processes",
    },
    dump({ phases }) {
      phases.inspect.tree.tap("object-ids", (_tree, context) => {
        const namespaces = new Map<string, number>();
        const own = namespaceIds(context.host, "/proc/self", namespaces);
        context.inventory.root_ids = { vm_id: 1, files_id: 1, fs_id: 1, sighand_id: 1, ...own };
        const known = OBJECTS.map(([what, id]) => ({ what, id, tasks: [] as SeizedTask[] }));
        for (const task of context.tree.alive) {
          task.ids = namespaceIds(context.host, task.proc, namespaces);
          checkThreads(context, task);
          for (const { what, id, tasks } of known) {
            const { same, at } = findInOrder(tasks, (other) =>
              context.seizer.compare(what, other.hostPid, task.hostPid),
            );
            if (same === undefined) tasks.splice(at, 0, task);
            task.ids[id] = same?.ids[id] ?? 1 + tasks.length;
            if (same !== undefined && what !== "FILES") refuseSharing(context, task, same, what);
          }
        }
      });
      phases.write.tree.tap("object-ids", (_tree, context) => {
        for (const task of context.tree.alive) context.images.add("ids", task.pid, { value: task.ids });
        context.images.add("inventory", undefined, {
          value: {
            img_version: 2,
            fdinfo_per_id: true,
            ns_per_id: true,
            lsmtype: 0,
            network_lock_method: NETWORK_LOCK_SKIPPED,
            dump_criu_run_id: context.runId,
            plugins_entry: {},
            ...context.inventory,
          },
        });
      });
    },
  });
}

/** No firewall rules lock the network, unless another plugin sets a different method. */
const NETWORK_LOCK_SKIPPED = 2;

function namespaceIds(host: Host, proc: string, known: Map<string, number>): SeizedTask["ids"] {
  const ids: SeizedTask["ids"] = {};
  for (const [name, id] of NAMESPACES) {
    // The link is missing if the kernel does not have this kind of namespace.
    const link = host.readLink(`${proc}/ns/${name}`);
    if (link === undefined) continue;
    let number = known.get(link);
    if (number === undefined) {
      number = known.size + 1;
      known.set(link, number);
    }
    ids[id] = number;
  }
  return ids;
}

function refuseSharing(context: DumpContext, task: SeizedTask, other: SeizedTask, what: string): void {
  const why = `it shares its ${what} with ${other.name} (CLONE_${what}), which CRIU images cannot record`;
  context.findings.refuse({ what: task.name, why, pid: task.pid });
}

/** Refuses threads that have left what the threads of a process share. */
function checkThreads({ seizer, findings }: DumpContext, task: SeizedTask): void {
  const { pid, hostPid } = task;
  for (const { name: what, isLeader, stopped } of task.threads) {
    if (isLeader) continue;
    for (const [object, noun] of OF_THREADS) {
      if (seizer.compare(object, hostPid, stopped.tid) === 0) continue;
      findings.refuse({ what, why: `it has ${noun} of its own (unshare), which images cannot record`, pid });
    }
  }
}

const OF_THREADS = [
  ["FILES", "a descriptor table"],
  ["FS", "a working directory"],
] as const;
