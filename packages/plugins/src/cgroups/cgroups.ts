import {
  definePlugin,
  type Host,
  type Plan,
  type RestorePlugin,
  type StageContext,
  type Task,
  type Thread,
} from "@restage/core";
import type { CgroupDirEntry, CgroupEntry, CgSetEntry } from "@restage/images";
import { CLONE } from "@restage/linux/abi";
import { hasOwnNamespace } from "../namespaces/own-namespaces.ts";
import { makeDirectories, setProperties, type When } from "./directories.ts";
import { findHierarchy, type Hierarchy, readHierarchies } from "./hierarchies.ts";

/** What each mode does with settings; `none` and `ignore` make no cgroups. Source: criu(8), "--manage-cgroups". */
const SETTINGS: Readonly<Record<string, When>> = {
  none: "never",
  props: "always",
  soft: "made",
  full: "always",
  strict: "made",
};

/**
 * Cgroups, of both versions. ROOT_TASK: makes what is missing and puts the root task into its own, so that all are born there. FORKING and RESTORE: tasks
 * and threads in others go there. What was in the cgroups of the CRIU that made the checkpoint stays in those of this process.
 *
 * Requires the right to write to them.
 */
export function cgroups(): RestorePlugin {
  return definePlugin({
    name: "cgroups",
    duty: "cgroups",
    stages: {
      ROOT_TASK: "makes cgroups with their settings; the root task goes into its own",
      PREPARE_NAMESPACES: "enters a new cgroup namespace",
      FORKING: "tasks in other cgroups than their forkers go there",
      RESTORE: "threads in other cgroups than their leaders go there",
    },
    supports: [
      {
        group: "namespaces",
        what: "cgroups",
        restored:
          "membership of tasks and threads in v1 and v2, made as needed with their settings (`--manage-cgroups`, `--cgroup-root`)",
        refused: "controllers that are not mounted here",
        shownBy: ["case cgroups"],
      },
    ],
    apply({ plan, stages }) {
      let groups: Cgroups | undefined;
      plan.tap("cgroups", (plan) => {
        groups = readCgroups(plan);
      });
      stages.ROOT_TASK.leave.tap("cgroups", (context) => {
        if (groups === undefined) return;
        groups.makeAll(context.host);
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
    },
  });
}

/** The set of a task: that of its leader, in older images its own. */
function setOf(task: Task): number | undefined {
  return task.survives ? (setOfThread(task.leader) ?? task.core.tc?.cg_set) : undefined;
}

function setOfThread(thread: Thread): number | undefined {
  return thread.core.thread_core?.cg_set;
}

function moveTasks({ host, tree }: StageContext, groups: Cgroups | undefined): void {
  if (groups === undefined) return;
  // A child is born where its forker was, before any of them moved.
  const born = setOf(tree.root);
  for (const task of tree.tasks) if (setOf(task) !== born) groups.move(host, task, setOf(task), "whole");
}

function moveThreads({ host, tree }: StageContext, groups: Cgroups | undefined): void {
  if (groups === undefined) return;
  for (const task of tree.tasks.filter((task) => task.survives)) {
    for (const thread of task.threads.slice(1)) {
      const set = setOfThread(thread);
      if (set !== undefined && set !== setOf(task)) groups.moveThread(host, thread, set);
    }
  }
}

function readCgroups(plan: Plan): Cgroups | undefined {
  const { checkpoint, options, tree } = plan;
  if (options.manageCgroups === "ignore") return undefined;
  const [image] = checkpoint.values("cgroup");
  if (image === undefined || image.sets.length === 0) return undefined;
  const groups = new Cgroups(plan, image, readHierarchies(plan.host), hasOwnNamespace(checkpoint, tree.root, "cgroup"));
  groups.check(plan);
  return groups;
}

/** The cgroups of a checkpoint, and where they are here. */
class Cgroups {
  readonly hasNamespace: boolean;
  readonly #image: CgroupEntry;
  readonly #hierarchies: readonly Hierarchy[];
  readonly #sets: ReadonlyMap<number, CgSetEntry>;
  readonly #mode: string;
  readonly #root: string | undefined;
  readonly #rootSet: CgSetEntry | undefined;

  constructor(plan: Plan, image: CgroupEntry, hierarchies: readonly Hierarchy[], hasNamespace: boolean) {
    const { options, checkpoint, tree } = plan;
    this.hasNamespace = hasNamespace;
    this.#image = image;
    this.#hierarchies = hierarchies;
    this.#mode = options.manageCgroups;
    this.#root = options.cgroupRoot;
    const own = checkpoint.inventory.root_cg_set;
    const used = new Set(plan.survivors.flatMap((task) => [setOf(task), ...task.threads.map(setOfThread)]));
    this.#sets = new Map(image.sets.filter(({ id }) => id !== own && used.has(id)).map((set) => [set.id, set]));
    this.#rootSet = this.#sets.get(setOf(tree.root) ?? 0);
  }

  check(plan: Plan): void {
    const names = new Set([...this.#sets.values()].flatMap(({ ctls }) => ctls.map(({ name }) => name)));
    for (const name of names) {
      if (findHierarchy(this.#hierarchies, name) !== undefined) continue;
      plan.refuse({
        what: `cgroups of ${name === "" ? "the unified hierarchy" : name}`,
        why: "they are not mounted here",
        hint: "mount them, or leave cgroups as they are: --manage-cgroups=ignore",
      });
    }
    if (this.#mode !== "none" && this.#mode !== "strict") return;
    for (const path of this.#paths()) {
      const isMissing = plan.host.stat(path) === "missing";
      if (isMissing === (this.#mode === "none")) {
        plan.refuse({
          what: `cgroup ${path}`,
          why: isMissing ? "it is not there" : "it is there already",
          hint: "use another --manage-cgroups",
        });
      }
    }
  }

  /** Makes what is missing, with its settings. */
  makeAll(host: Host): void {
    for (const set of this.#sets.values()) {
      for (const { name, path } of set.ctls) {
        const mountPoint = findHierarchy(this.#hierarchies, name)?.mountPoint;
        if (mountPoint === undefined) continue;
        const target = this.#target(name, path);
        const made =
          this.#mode === "none" || this.#mode === "props"
            ? new Set<string>()
            : makeDirectories(host, mountPoint, target);
        const directory = this.#directory(name, path);
        if (directory !== undefined)
          setProperties(host, `${mountPoint}${target}`, directory, made, SETTINGS[this.#mode] ?? "made");
      }
    }
  }

  /** Puts a task into all cgroups of a set: whole, or only as far as the root of its namespace. */
  move(host: Host, task: Task, id: number | undefined, how: "namespace" | "whole"): void {
    const set = this.#sets.get(id ?? 0);
    for (const { name, path, cgns_prefix } of set?.ctls ?? []) {
      const isPrefix = how === "namespace" && this.hasNamespace && cgns_prefix !== undefined;
      const target = isPrefix ? path.slice(0, cgns_prefix) : path;
      host.writeFile(`${this.#path(name, target)}/cgroup.procs`, String(task.hostPid));
    }
  }

  moveThread(host: Host, thread: Thread, id: number): void {
    for (const { name, path } of this.#sets.get(id)?.ctls ?? []) {
      const file = name === "" ? "cgroup.threads" : "tasks";
      host.writeFile(`${this.#path(name, path)}/${file}`, String(thread.tracee?.tid ?? thread.tid));
    }
  }

  *#paths(): Generator<string> {
    for (const { ctls } of this.#sets.values()) {
      for (const { name, path } of ctls) if (path !== "/") yield this.#path(name, path);
    }
  }

  #path(name: string, path: string): string {
    return `${findHierarchy(this.#hierarchies, name)?.mountPoint}${this.#target(name, path)}`;
  }

  /** With another root, what the root task's cgroup was is replaced by that. */
  #target(name: string, path: string): string {
    if (this.#root === undefined) return path === "/" ? "" : path;
    const before = this.#rootSet?.ctls.find((member) => member.name === name)?.path ?? "/";
    const below = path.startsWith(before) ? path.slice(before.length) : path;
    return `/${`${this.#root}/${below}`.split("/").filter(Boolean).join("/")}`;
  }

  #directory(name: string, path: string): CgroupDirEntry | undefined {
    const controller = this.#image.controllers.find(({ cnames }) => cnames.includes(name));
    return findDirectory(controller?.dirs ?? [], path.slice(1));
  }
}

/** Names at the top are whole paths, those below are relative. */
function findDirectory(directories: readonly CgroupDirEntry[], path: string): CgroupDirEntry | undefined {
  for (const directory of directories) {
    if (directory.dir_name === path) return directory;
    const prefix = directory.dir_name === "" ? "" : `${directory.dir_name}/`;
    if (!path.startsWith(prefix)) continue;
    const found = findDirectory(directory.children, path.slice(prefix.length));
    if (found !== undefined) return found;
  }
  return undefined;
}
