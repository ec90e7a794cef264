import { randomUUID } from "node:crypto";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { RestoreError } from "@restage/core";
import type { OrderKind } from "../orders/order.ts";
import type { OrderRecord, Result } from "../orders/state.ts";
import { readManifest } from "../store/manifest.ts";
import { pull } from "../store/pull.ts";
import { assertFree, push, taken } from "../store/push.ts";
import type { Outcome } from "./command.ts";
import { migrate } from "./migrate.ts";
import { endTree, isAlive, startOf } from "./processes.ts";
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

/** The ids of an order's pushes, by which a later attempt recognizes what an earlier one has stored. */
const PUSHES = "pushes";
/** The tree that an order has begun to stop: if it is gone, that order has ended it. */
const STOPPING = "stopping";
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
    const { order, journal } = task;
    const images = journal.path("images");
    if (order.gang !== undefined) await saveTogether(task, images, (confirm) => save(task, images, { confirm }));
    // An earlier attempt can have made it. If that ended before it killed the tree, the tree has run on since.
    else if (!isMade(images) || (order.leaveRunning !== true && (await task.isTreeHere()))) await save(task, images);
    const result = await pushImages(task, images);
    journal.unmark("kept");
    return result;
  },
  // Only one of a gang commits. Until it is done, it can be done again.
  resume: (task) => checkpoint.run(task),
};

/** Stores the images of an order, unless an earlier attempt has done so. Throws a FinalFailure if another checkpoint has their name. */
async function pushImages({ order, journal, place }: Task, images: string): Promise<Result> {
  const { store, key } = place;
  const name = order.checkpoint ?? "";
  const pushes = journal.read(PUSHES)?.split(" ") ?? [];
  const there = await readManifest(store, name);
  if (there !== undefined && pushes.includes(there.push)) return { checkpoint: name, size: there.size, sent: 0 };
  if (there !== undefined) {
    // The store would not take it later either.
    if (!journal.isKept) throw taken(name);
    const message = `Another checkpoint has got the name ${name}. ${order.tree} has ended, and its images are on ${place.host}`;
    const hint = `push them there under another name: \`restage push ${images} NAME\``;
    throw new FinalFailure(new RestoreError("ERR_ORDER", message, { hint }).toJSON());
  }
  const id = randomUUID();
  journal.write(PUSHES, [...pushes, id].join(" "));
  const { size, sentSize } = await push(store, images, name, { key, id });
  return { checkpoint: name, size, sent: sentSize };
}

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
    const { journal } = task;
    const before = journal.kept(STOPPING);
    if (before !== undefined && !isAlive(before)) return { pid: before.pid };
    const tree = await task.treeHere();
    journal.keep(STOPPING, tree);
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
