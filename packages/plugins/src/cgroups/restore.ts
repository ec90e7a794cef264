import {
  definePlugin,
  type Host,
  type NewFinding,
  type Plan,
  type Plugin,
  RestoreError,
  type RestoreOptions,
  type StageContext,
  type Task,
  type Thread,
} from "@restage/core";
import type { CgControllerEntry, CgMemberEntry, CgroupEntry, CgSetEntry } from "@restage/images";
import { CLONE } from "@restage/linux/abi";
import { hasOwnNamespace } from "../namespaces/own-namespaces.ts";
import { Directories, listDirectories } from "./directories.ts";
import { controllersOf } from "./format.ts";
import { findHierarchy, type Hierarchy, NAMED } from "./hierarchies.ts";
import { rewriteRoots } from "./roots.ts";
import { Yard } from "./yard.ts";

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
      ROOT_TASK:
        "mounts hierarchies that are not mounted; makes cgroups with their settings; the root task enters its own",
      PREPARE_NAMESPACES: "enters a new cgroup namespace",
      FORKING: "tasks that are in other cgroups than the root task enter theirs",
      RESTORE: "threads that are in other cgroups than their leader enter theirs",
      RESTORE_SIGCHLD: "applies settings that would have kept tasks out; frozen cgroups freeze at the commit",
    },
    apply({ plan, stages, commit, complete }) {
      let groups: Cgroups | undefined;
      plan.tap("cgroups", (plan) => {
        groups = readCgroups(plan);
      });
      stages.ROOT_TASK.leave.tap("cgroups", (context) => {
        if (groups === undefined) return;
        groups.mountAll(context);
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
      complete.tap("cgroups", ({ host }) => groups?.yard.unmountAll(host));
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
  const { images, options, tree } = plan;
  if (options.manageCgroups === "ignore") return undefined;
  const [saved] = images.values("cgroup");
  if (saved === undefined || saved.sets.length === 0) return undefined;
  const image = rewriteRoots(saved, options);
  const groups = new Cgroups(plan, image, hasOwnNamespace(images, tree.root, "cgroup"));
  groups.check(plan);
  return groups;
}

/** The cgroups of a checkpoint, and their places here. */
class Cgroups {
  readonly hasNamespace: boolean;
  readonly directories: Directories;
  readonly yard: Yard;
  readonly #sets: ReadonlyMap<number, CgSetEntry>;

  constructor(plan: Plan, image: CgroupEntry, hasNamespace: boolean) {
    const { options, images } = plan;
    this.hasNamespace = hasNamespace;
    const own = images.inventory.root_cg_set;
    const used = new Set(plan.survivors.flatMap((task) => [setOf(task), ...task.threads.map(setOfThread)]));
    this.#sets = new Map(image.sets.filter(({ id }) => id !== own && used.has(id)).map((set) => [set.id, set]));
    const members = this.#members;
    const isIn = ({ cnames }: CgControllerEntry) =>
      members.some(({ name, path }) => path !== "/" && controllersOf(name).some((one) => cnames.includes(one)));
    this.yard = new Yard(plan, image.controllers.filter(isIn));
    const list = listDirectories(image.controllers, this.yard.hierarchies, [...this.#sets.values()]);
    this.directories = new Directories(list, options.manageCgroups);
  }

  check(plan: Plan): void {
    for (const { names } of this.yard.toMount) {
      const lacking = names.filter((name) => !hasController(plan.host, name));
      if (lacking.length > 0) plan.refuse({ ...ofHierarchy(lacking.join(",")), why: "this kernel does not have it" });
    }
    const homeless = this.#members.filter(({ name, path }) => path !== "/" && this.#hierarchy(name) === undefined);
    for (const name of new Set(homeless.map(({ name }) => name)))
      plan.refuse({
        ...ofHierarchy(name),
        why: "the hierarchy is not mounted here, and the image does not describe it",
      });
    const mounted = this.directories.paths.filter((path) => !this.yard.willMount(path));
    for (const finding of this.#misplaced(plan.host, mounted, plan.options.manageCgroups)) plan.refuse(finding);
  }

  /** Mounts missing hierarchies. Throws ERR_REFUSED if their cgroups do not fit the mode of `manageCgroups`. */
  mountAll({ host, options }: StageContext): void {
    this.yard.mountAll(host);
    const paths = this.directories.paths.filter((path) => this.yard.willMount(path));
    const [first] = this.#misplaced(host, paths, options.manageCgroups);
    if (first !== undefined)
      throw new RestoreError("ERR_REFUSED", `${first.what}: ${first.why}`, { hint: first.hint, plugin: "cgroups" });
  }

  #misplaced(host: Host, paths: readonly string[], mode: RestoreOptions["manageCgroups"]): readonly NewFinding[] {
    return paths.flatMap((path): readonly NewFinding[] => {
      const isMissing = host.stat(path) === "missing";
      const isWrong = isMissing ? mode === "none" || mode === "props" : mode === "strict";
      const why = isMissing ? "it does not exist" : "it exists already";
      const hint = "choose another mode of --manage-cgroups";
      return isWrong ? [{ what: `cgroup ${path}`, why, hint, remedy: "options" }] : [];
    });
  }

  /** Puts a task into all cgroups of a set: into the cgroups themselves (`whole`), or into the roots of its cgroup namespace. */
  move(host: Host, task: Task, id: number | undefined, how: "namespace" | "whole"): void {
    const set = this.#sets.get(id ?? 0);
    for (const { name, path, cgns_prefix } of set?.ctls ?? []) {
      const isPrefix = how === "namespace" && this.hasNamespace && cgns_prefix !== undefined;
      const target = isPrefix ? path.slice(0, cgns_prefix) : path;
      const directory = this.#path(name, target);
      if (directory !== undefined) host.writeFile(`${directory}/cgroup.procs`, String(task.hostPid));
    }
  }

  /** Puts a thread into those cgroups in which its leader is not. */
  moveThread(host: Host, thread: Thread, id: number, leader: number | undefined): void {
    const leaders = this.#sets.get(leader ?? 0)?.ctls ?? [];
    for (const { name, path } of this.#sets.get(id)?.ctls ?? []) {
      if (leaders.some((other) => other.name === name && other.path === path)) continue;
      const file = name === "" ? "cgroup.threads" : "tasks";
      const directory = this.#path(name, path);
      if (directory !== undefined) host.writeFile(`${directory}/${file}`, String(thread.tracee?.tid ?? thread.tid));
    }
  }

  /** The cgroups of all sets. */
  get #members(): readonly CgMemberEntry[] {
    return [...this.#sets.values()].flatMap(({ ctls }) => ctls);
  }

  #hierarchy(name: string): Hierarchy | undefined {
    return findHierarchy(this.yard.hierarchies, name);
  }

  /** Undefined for the root of a hierarchy that is not mounted here: every task is already there. */
  #path(name: string, path: string): string | undefined {
    const hierarchy = this.#hierarchy(name);
    return hierarchy && `${hierarchy.mountPoint}${path === "/" ? "" : path}`;
  }
}

/** A finding about a hierarchy. */
function ofHierarchy(name: string): Pick<NewFinding, "what" | "hint" | "remedy"> {
  return {
    what: `cgroups of ${name === "" ? "the unified hierarchy" : name}`,
    hint: "leave cgroups unchanged: --manage-cgroups=ignore",
    remedy: "machine",
  };
}

/** Whether this kernel can mount a controller of version 1. Version 2, and hierarchies without controllers, need none. Source: cgroups(7). */
function hasController(host: Host, name: string): boolean {
  const text = host.readText("/proc/cgroups");
  return name === "" || name.startsWith(NAMED) || text === undefined || text.includes(`\n${name}\t`);
}
