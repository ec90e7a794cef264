import { existsSync, readFileSync, rmSync } from "node:fs";
import { RestoreError } from "@restage/core";
import type { OrderKind } from "../orders/order.ts";
import type { OrderRecord, Result } from "../orders/state.ts";
import { pull } from "../store/pull.ts";
import { assertFree, push } from "../store/push.ts";
import type { Outcome } from "./command.ts";
import { migrate } from "./migrate.ts";
import { endTree, startOf } from "./processes.ts";
import { receive } from "./receive.ts";
import { restoreImages, resumeRestore, unknown } from "./restoring.ts";
import { AttemptFailure, FinalFailure, type RunOptions, type Task } from "./task.ts";
import { restoreTogether, resumeTogether, saveTogether } from "./together.ts";

/** How one kind of order is carried out. */
export interface Work {
  /** Carries it out. Throws an AttemptFailure, or a RestoreError, after rolling back, and a FinalFailure if another attempt would be wrong. */
  run(task: Task): Promise<Result>;
  /** Finds out how it ended, after a commit by an agent that has ended. */
  resume(task: Task, record: OrderRecord): Promise<Result>;
}

/** How long a tree has to end by itself, in milliseconds. */
const PATIENCE = 10_000;

const restore: Work = {
  async run(task) {
    const images = task.journal.path("images");
    if (task.order.gang !== undefined) return await restoreTogether(task, images, () => pullImages(task, images));
    await pullImages(task, images);
    return await restoreImages(task, images, (root) => task.commit({ ...root }));
  },
  async resume(task, { result }) {
    const images = task.journal.path("images");
    if (task.order.gang !== undefined) return await resumeTogether(task, images, () => pullImages(task, images));
    return await resumeRestore(task, result);
  },
};

async function pullImages({ order, place }: Task, images: string): Promise<void> {
  rmSync(images, { recursive: true, force: true });
  await pull(place.store, order.checkpoint ?? "", images, { key: place.key });
}

const clone: Work = {
  async run(task) {
    const { order, journal, place } = task;
    const template = await place.templates.get(order.checkpoint ?? "", order.config);
    // From here on, only this host knows whether the clone runs.
    if (!(await task.commit({}))) throw new AttemptFailure(lost(task).toJSON());
    const values = Object.entries(order.values ?? {}).flatMap(([name, text]) => ["--value", `${name}=${text}`]);
    journal.mark("cloning");
    const pidfile = journal.path("pidfile");
    const words = ["clone", "--json", "--address", template, "--pidfile", pidfile, ...values];
    return await concludeClone(task, await task.run(words, { config: false }));
  },
  async resume(task) {
    const outcome = await task.awaitCommand();
    // The agent ended while it started the command: the command may run, and it asks nobody.
    if (outcome === undefined && task.journal.has("cloning")) throw new FinalFailure(unknown(task).toJSON());
    return await concludeClone(task, outcome);
  },
};

async function concludeClone(task: Task, outcome: Outcome | undefined): Promise<Result> {
  const answered = outcome?.events.find((event) => typeof event["pid"] === "number")?.["pid"];
  const file = task.journal.path("pidfile");
  const pid = Number(answered ?? (existsSync(file) ? readFileSync(file, "utf8") : undefined));
  const start = startOf(pid);
  if (start !== undefined || answered !== undefined) {
    const root = { pid, start: start ?? 0 };
    await task.started(root);
    return root;
  }
  if (outcome?.error !== undefined) throw new AttemptFailure(outcome.error);
  // The template writes the file before the clone runs.
  if (Number.isNaN(pid)) throw new AttemptFailure(outcome?.failure ?? unknown(task).toJSON());
  throw new FinalFailure(unknown(task).toJSON());
}

const checkpoint: Work = {
  async run(task) {
    const { order, journal, place } = task;
    const name = order.checkpoint ?? "";
    const images = journal.path("images");
    if (order.gang !== undefined) await saveTogether(task, images, (confirm) => save(task, images, { confirm }));
    // An earlier attempt can have made it. If that ended before it killed the tree, the tree has run on since.
    else if (!isMade(images) || (order.leaveRunning !== true && (await task.isTreeHere()))) await save(task, images);
    const replace = journal.has("pushing");
    journal.mark("pushing");
    const { size, sentSize } = await push(place.store, images, name, { key: place.key, replace });
    journal.unmark("kept");
    return { checkpoint: name, size, sent: sentSize };
  },
  // Only one of a gang commits. Until it is done, it can be done again.
  resume: (task) => checkpoint.run(task),
};

/** Saves the tree of an order into a directory. */
async function save(task: Task, images: string, options: RunOptions = {}): Promise<void> {
  const { order, journal, place } = task;
  const tree = await task.treeHere();
  await assertFree(place.store, order.checkpoint ?? "");
  if (order.leaveRunning !== true) journal.mark("kept");
  const running = order.leaveRunning === true ? ["--leave-running"] : [];
  const outcome = await task.run(["checkpoint", String(tree.pid), "--json", "-D", images, ...running], options);
  if (!isMade(images)) journal.unmark("kept");
  // It can have been killed when the images were complete, and the tree has run on.
  const hasRunOn = order.leaveRunning !== true && (await task.isTreeHere());
  if (outcome.error !== undefined || !isMade(images) || hasRunOn) throw new AttemptFailure(outcome.failure);
  task.tell({ kind: "note", text: `the checkpoint is in ${images}` });
  if (order.leaveRunning !== true) await task.ended(tree);
}

function isMade(images: string): boolean {
  return existsSync(`${images}/inventory.img`);
}

const stop: Work = {
  async run(task) {
    const tree = await task.treeHere();
    await endTree(tree, PATIENCE);
    await task.ended(tree);
    return { pid: tree.pid };
  },
  resume: (task) => stop.run(task),
};

export const WORK: Readonly<Record<OrderKind, Work>> = { restore, clone, checkpoint, stop, migrate, receive };

function lost({ order }: Task): RestoreError {
  return new RestoreError("ERR_ORDER", `Another host has taken ${order.id}`);
}
