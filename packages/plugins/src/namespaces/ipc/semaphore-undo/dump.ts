import { type DumpContext, definePlugin, type Plugin, type SeizedTask } from "@restage/core";
import { GETPID } from "@restage/linux/abi";
import { ownNamespace } from "../../own-namespaces.ts";
import { readObjects } from "../objects.ts";

/**
 * Refuses processes that may hold System V semaphores with SEM_UNDO: the kernel would release the semaphores at the end of the checkpoint, and would not
 * release them at the end of the restored process. It does not tell what a process holds, but which process changed a semaphore last, and whether two
 * threads have the same list of what to undo.
 */
export function semaphoreUndo(): Plugin {
  return definePlugin({
    name: "semaphore-undo",
    duty: "semaphore-undo",
    phases: { inspect: "refuses processes that may hold semaphores with SEM_UNDO" },
    dump({ phases }) {
      phases.inspect.tree.tap("semaphore-undo", ({ root, alive }, context) => {
        const users =
          ownNamespace(context, "ipc") === undefined
            ? readUsers(context)
            : context.host.inside(`/proc/${root.hostPid}/ns/ipc`, "ipc", () => readUsers(context));
        for (const task of alive) {
          const id = users.get(task.hostPid);
          if (id === undefined || !mayUndo(context, task)) continue;
          const why = `it may hold semaphores of set ${id} with SEM_UNDO, and the kernel does not reveal which processes do`;
          context.findings.lose("sem-undo", { what: task.name, why, pid: task.pid });
        }
      });
    },
  });
}

/** The processes that were the last to change a semaphore, with the id of its set. */
function readUsers({ host }: DumpContext): ReadonlyMap<number, number> {
  const users = new Map<number, number>();
  for (const set of readObjects(host, "sem")) {
    const id = Number(set.get("semid"));
    for (let number = 0; number < Number(set.get("nsems")); number++)
      users.set(host.attempt("semctl", id, number, GETPID, 0), id);
  }
  return users;
}

/** Whether any thread has a list of what to undo. Two processes have the same one only if they have none. */
function mayUndo({ host, seizer, tree }: DumpContext, task: SeizedTask): boolean {
  const own = new Set(tree.tasks.map(({ hostPid }) => hostPid));
  const others = (host.list("/proc") ?? []).map(Number).filter((pid) => pid > 0 && !own.has(pid));
  return task.threads.some(({ stopped }) => !others.some((pid) => isSame(pid, stopped.tid)));

  function isSame(pid: number, tid: number): boolean {
    try {
      return seizer.compare("SYSVSEM", pid, tid) === 0;
    } catch {
      // It has ended meanwhile, or this process must not look at it.
      return false;
    }
  }
}
