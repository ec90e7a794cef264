import {
  definePlugin,
  type Host,
  type Plan,
  type Plugin,
  type StageContext,
  type Task,
  type Thread,
} from "@restage/core";
import type { CgroupEntry, CgSetEntry } from "@restage/images";
import { CLONE } from "@restage/linux/abi";
import { hasOwnNamespace } from "../namespaces/own-namespaces.ts";
import { Directories, listDirectories } from "./directories.ts";
import { findHierarchy, type Hierarchy, readHierarchies, readYard } from "./hierarchies.ts";
import { rewriteRoots } from "./roots.ts";

/**
 * Restores cgroups of both versions. ROOT_TASK: makes missing cgroups and puts the root task into its own, so that all others are born there. FORKING and
 * RESTORE: tasks and threads of other cgroups move to theirs. RESTORE_SIGCHLD: settings. CRIU's mode (`manageCgroups`) decides whether all cgroups get
 * their settings, or only new ones. Tasks that shared the cgroups of the CRIU that made the checkpoint stay in those of this process.
 *
 * Requires write access to the cgroups.
 */
export function cgroups(): Plugin {
  return definePlugin({
    name: "cgroups",
    duty: "cgroups",
    stages: {
      ROOT_TASK: "makes cgroups with their settings; the root task enters its own",
      PREPARE_NAMESPACES: "enters a new cgroup namespace",
      FORKING: "tasks that are in other cgroups than the root task enter theirs",
      RESTORE: "threads that are in other cgroups than their leader enter theirs",
      RESTORE_SIGCHLD: "applies settings that would have kept tasks out; frozen cgroups freeze at the commit",
    },
    apply({ plan, stages, commit }) {
      let groups: Cgroups | undefined;
      plan.tap("cgroups", (plan) => {
        groups = readCgroups(plan);
      });
      stages.ROOT_TASK.leave.tap("cgroups", (context) => {
        if (groups === undefined) return;
        groups.directories.makeAll(context.host);
        groups.move(context.host, context.tree.root, setOf(context.tree.root), "namespace");
      });
      stages.PREPARE_NAMESPACES.task.tap("cgroups", (root) => {
        if (groups?.hasNamespace === true) root.call.unshare(CLONE.NEWCGROUP);
      });
      stages.PREPARE_NAMESPACES.leave.tap("cgroups", ({ host, tree }) => {
        if (groups?.hasNamespace === true) groups.move(host, tree.root, setOf(tree.root), "whole");
      });
      stages.FORKING.leave.tap("cgroups", (context) => moveTasks(context, groups));
      stages.RESTORE.leave.tap("cgroups", (context) => moveThreads(context, groups));
      stages.RESTORE_SIGCHLD.leave.tap("cgroups", ({ host }) => groups?.directories.restoreSettings(host, "late"));
      commit.tap("cgroups", ({ host }) => groups?.directories.restoreSettings(host, "freezing"));
    },
  });
}

/** The cgroup set of a task: that of its leader, or in older images its own. */
function setOf(task: Task): number | undefined {
  return task.survives ? (setOfThread(task.leader) ?? task.core.tc?.cg_set) : undefined;
}

function setOfThread(thread: Thread): number | undefined {
  return thread.core.thread_core?.cg_set;
}

function moveTasks({ host, tree }: StageContext, groups: Cgroups | undefined): void {
  if (groups === undefined) return;
  // Every task was born in the cgroups of the root task, because none has moved before.
  const born = setOf(tree.root);
  for (const task of tree.tasks) if (setOf(task) !== born) groups.move(host, task, setOf(task), "whole");
}

function moveThreads({ host, tree }: StageContext, groups: Cgroups | undefined): void {
  if (groups === undefined) return;
  for (const task of tree.tasks.filter((task) => task.survives)) {
    for (const thread of task.threads.slice(1)) {
      const set = setOfThread(thread);
      if (set !== undefined && set !== setOf(task)) groups.moveThread(host, thread, set, setOf(task));
    }
  }
}

function readCgroups(plan: Plan): Cgroups | undefined {
  const { images, options, tree, host } = plan;
  if (options.manageCgroups === "ignore") return undefined;
  const [saved] = images.values("cgroup");
  if (saved === undefined || saved.sets.length === 0) return undefined;
  const image = rewriteRoots(saved, options);
  const { cgroupYard: yard } = options;
  const hierarchies = yard === undefined ? readHierarchies(host) : readYard(host, yard, image.controllers);
  const groups = new Cgroups(plan, image, hierarchies, hasOwnNamespace(images, tree.root, "cgroup"));
  groups.check(plan);
  return groups;
}

/** The cgroups of a checkpoint, and their places here. */
class Cgroups {
  readonly hasNamespace: boolean;
  readonly directories: Directories;
  readonly #hierarchies: readonly Hierarchy[];
  readonly #sets: ReadonlyMap<number, CgSetEntry>;

  constructor(plan: Plan, image: CgroupEntry, hierarchies: readonly Hierarchy[], hasNamespace: boolean) {
    const { options, images } = plan;
    this.hasNamespace = hasNamespace;
    this.#hierarchies = hierarchies;
    const own = images.inventory.root_cg_set;
    const used = new Set(plan.survivors.flatMap((task) => [setOf(task), ...task.threads.map(setOfThread)]));
    this.#sets = new Map(image.sets.filter(({ id }) => id !== own && used.has(id)).map((set) => [set.id, set]));
    const list = listDirectories(image.controllers, hierarchies, [...this.#sets.values()]);
    this.directories = new Directories(list, options.manageCgroups);
  }

  check(plan: Plan): void {
    const names = new Set([...this.#sets.values()].flatMap(({ ctls }) => ctls.map(({ name }) => name)));
    for (const name of names) {
      if (findHierarchy(this.#hierarchies, name) !== undefined) continue;
      plan.refuse({
        what: `cgroups of ${name === "" ? "the unified hierarchy" : name}`,
        why: "they are not mounted here",
        hint: "mount them, or leave cgroups unchanged: --manage-cgroups=ignore",
        remedy: "machine",
      });
    }
    const mode = plan.options.manageCgroups;
    for (const path of this.directories.paths) {
      const isMissing = plan.host.stat(path) === "missing";
      const isWrong = isMissing ? mode === "none" || mode === "props" : mode === "strict";
      if (!isWrong) continue;
      plan.refuse({
        what: `cgroup ${path}`,
        why: isMissing ? "it does not exist" : "it exists already",
        hint: "choose another mode of --manage-cgroups",
        remedy: "options",
      });
    }
  }

  /** Puts a task into all cgroups of a set: into the cgroups themselves (`whole`), or into the roots of its cgroup namespace. */
  move(host: Host, task: Task, id: number | undefined, how: "namespace" | "whole"): void {
    const set = this.#sets.get(id ?? 0);
    for (const { name, path, cgns_prefix } of set?.ctls ?? []) {
      const isPrefix = how === "namespace" && this.hasNamespace && cgns_prefix !== undefined;
      const target = isPrefix ? path.slice(0, cgns_prefix) : path;
      host.writeFile(`${this.#path(name, target)}/cgroup.procs`, String(task.hostPid));
    }
  }

  /** Puts a thread into those cgroups in which its leader is not. */
  moveThread(host: Host, thread: Thread, id: number, leader: number | undefined): void {
    const leaders = this.#sets.get(leader ?? 0)?.ctls ?? [];
    for (const { name, path } of this.#sets.get(id)?.ctls ?? []) {
      if (leaders.some((other) => other.name === name && other.path === path)) continue;
      const file = name === "" ? "cgroup.threads" : "tasks";
      host.writeFile(`${this.#path(name, path)}/${file}`, String(thread.tracee?.tid ?? thread.tid));
    }
  }

  #path(name: string, path: string): string {
    return `${findHierarchy(this.#hierarchies, name)?.mountPoint}${path === "/" ? "" : path}`;
  }
}
