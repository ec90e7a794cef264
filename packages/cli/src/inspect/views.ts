import { taskName } from "@restage/linux/abi";
import { socketsOf } from "./sockets.ts";
import type { MountSummary, Summary, TaskSummary } from "./summarize.ts";

/** The parts that `inspect` can show alone, by the names of their switches. */
export const VIEWS = {
  tree: { says: "show only the tree of tasks", print: ({ tasks }: Summary) => treeLines(tasks) },
  mounts: { says: "show only the mounts", print: ({ mounts }: Summary) => mountLines(mounts) },
  sockets: {
    says: "show only the sockets, each with its descriptors",
    print: ({ tasks }: Summary) => socketLines(tasks),
  },
  env: {
    says: "show only the environments, from the memory of the tasks",
    print: ({ tasks }: Summary) => environmentLines(tasks),
  },
} as const;

export type View = keyof typeof VIEWS;

/** Views of a summary, one after the other. */
export function printViews(views: readonly View[], summary: Summary): string {
  return views.map((view) => [...VIEWS[view].print(summary), ""].join("\n")).join("\n");
}

/** A task and its descendants. */
function* treeLines(tasks: readonly TaskSummary[], parent?: number, indent = ""): Generator<string> {
  const children = tasks.filter((task) => task.parent === parent);
  for (const task of children) {
    const isLast = task === children.at(-1);
    const [branch, below] = parent === undefined ? ["", ""] : isLast ? ["└─ ", "   "] : ["├─ ", "│  "];
    yield `${indent}${branch}${describeTask(task)}`;
    yield* treeLines(tasks, task.pid, `${indent}${below}`);
  }
}

function describeTask({ pid, name, kind, threads }: TaskSummary): string {
  const remarks = [
    ...(kind === "alive" ? [] : [kind ?? "its core image is damaged"]),
    ...(threads.length > 1 ? [`${threads.length} threads`] : []),
  ];
  return [taskName(pid, name), ...remarks].join(", ");
}

function* mountLines(mounts: Summary["mounts"]): Generator<string> {
  if (mounts.length === 0) yield "no mount namespace is saved";
  for (const { namespace, mounts: list } of mounts) {
    yield `mount namespace ${namespace}`;
    const width = Math.max(...list.map(({ path }) => path.length));
    for (const mount of list) yield `  ${mount.path.padEnd(width)}  ${describeMount(mount)}`;
  }
}

function describeMount({ type, source, root, options, external }: MountSummary): string {
  const part = root === "/" ? "" : ` from ${root}`;
  return `${type} ${source}${part}${options === "" ? "" : ` (${options})`}${external ? ", external" : ""}`;
}

function* socketLines(tasks: readonly TaskSummary[]): Generator<string> {
  const sockets = socketsOf(tasks);
  if (sockets.length === 0) yield "no task has a socket";
  for (const { type, name, holders } of sockets)
    yield `${type.padEnd(9)} ${name}  (${holders.map(({ pid, comm, fd }) => `${taskName(pid, comm)} fd ${fd}`).join(", ")})`;
}

function* environmentLines(tasks: readonly TaskSummary[]): Generator<string> {
  for (const { pid, name, environment } of tasks) {
    if (environment === undefined) continue;
    yield taskName(pid, name);
    for (const variable of environment) yield `  ${variable}`;
  }
}
