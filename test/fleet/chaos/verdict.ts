import { readFileSync } from "node:fs";
import { expect } from "vitest";
import { list, newOrder, type OrderRecord, submit } from "../../../packages/fleet/src/mod.ts";
import { isOn, processes } from "../../support/chaos.ts";
import type { Desk } from "../../support/desk.ts";
import { settled } from "../../support/fleet.ts";
import type { TwoHosts } from "../../support/two-hosts.ts";
import { isKept } from "./disturbances.ts";

/** The program that trees run: the number tells it from others. It is the first of its pid namespace, so only a handler lets a signal end it. */
const PROGRAM = ["perl", "-e", "$SIG{TERM} = sub { exit }; sleep 86413 while 1"] as const;
/** Starts it, and prints its pid. */
export const START_PROGRAM = `
  unshare --pid --fork setsid ${PROGRAM[0]} ${PROGRAM[1]} '${PROGRAM[2]}' < /dev/null > /dev/null 2>&1 &
  until pgrep -P $! ${PROGRAM[0]}; do sleep 0.05; done`;
/** How long the restore of a checkpoint can take, in milliseconds. */
const PATIENCE = 60_000;

/** JavaScript of a plugin that makes restores slow, some more than others, and that adds the id of its order to a file when a tree runs. */
export function telling(file: string): string {
  return `[{ name: "telling", apply: ({ stages, complete }) => {
    stages.RESTORE.leave.tapPromise("slow", () => new Promise((done) => setTimeout(done, Math.random() ** 3 * 2000)));
    complete.tap("tell", () => {
      const { appendFileSync } = process.getBuiltinModule("node:fs");
      appendFileSync(${JSON.stringify(file)}, process.env.RESTAGE_ORDER + "\\n");
    });
  } }]`;
}

/** The root tasks of all trees. */
export function treesNow(): readonly number[] {
  return processes((words) => words.slice(0, -1).join(" ") === PROGRAM.join(" "));
}

/** Asserts that every failure is one of Restage's, with its code. */
export function assertTyped(records: readonly OrderRecord[]): void {
  for (const { state, failures } of records)
    if (state === "failed") expect(failures.at(-1)?.error).toMatchObject({ code: expect.stringMatching(/^ERR_/) });
}

/** Asserts that no order has made a tree run twice, and that those that are done have. @param ran the file of the plugin. */
export function assertRanOnce(records: readonly OrderRecord[], ran: string, story: string): void {
  const ids = readFileSync(ran, "utf8").trim().split("\n").toSorted();
  expect(ids, `a tree ran twice\n${story}`).toEqual([...new Set(ids)]);
  const done = records.filter(({ order, state }) => order.kind === "restore" && state === "done");
  expect(ids, `a tree has not run\n${story}`).toEqual(expect.arrayContaining(done.map(({ order }) => order.id)));
}

/** Asserts that each tree runs, or was stopped, or is saved. */
export async function assertNoTreeLost(
  records: readonly OrderRecord[],
  { left, right }: TwoHosts,
  { store }: Desk,
  story: string,
): Promise<void> {
  const processNow = treesNow().map((pid) => `${isOn(left, pid) ? "left" : "right"} ${pidOnHost(pid)}`);
  const names = new Set((await list(store)).map(({ name }) => name));
  const taken = new Set(records.flatMap(({ order, state }) => (state === "done" ? (order.checkpoint ?? []) : [])));
  const isEnd = ({ order, state }: OrderRecord): boolean => {
    const { kind, id, checkpoint = "" } = order;
    if (kind === "restore") return false;
    if (state === "done" || kind === "stop") return state === "done";
    // The order was given up, but its host has the checkpoint, or has stored it.
    return [left, right].some(({ place }) => isKept(place, id)) || (names.has(checkpoint) && !taken.has(checkpoint));
  };
  const ended = new Set(records.filter(isEnd).map(({ order }) => order.tree));
  const running = records.filter(
    ({ order, state }) => order.kind === "restore" && state === "done" && !ended.has(order.id),
  );
  const expected = running.map(({ holder, result }) => `${holder?.host} ${result?.["pid"]}`);
  expect(processNow.toSorted(), `trees that run, and trees that should\n${story}`).toEqual(expected.toSorted());
}

/** Asserts that the checkpoint of each order that has saved a tree is its own, and can be restored. Returns how many there are. */
export async function assertSaved(records: readonly OrderRecord[], { fleet }: Desk, story: string): Promise<number> {
  const saved = records.filter(({ order, state }) => order.kind === "checkpoint" && state === "done");
  const names = saved.map(({ order }) => order.checkpoint ?? "");
  expect(names.toSorted(), `two trees are saved as one\n${story}`).toEqual([...new Set(names)].toSorted());
  const again = names.map((checkpoint, index) => newOrder({ kind: "restore", id: `again-${index}`, checkpoint }));
  for (const order of again) await submit(fleet, order);
  const restored = await Promise.all(again.map(({ id }) => settled(fleet, id, PATIENCE)));
  const failed = restored.filter(({ state }) => state !== "done");
  expect(failed, `saved checkpoints that cannot be restored: ${JSON.stringify(failed)}\n${story}`).toEqual([]);
  return saved.length;
}

/** The pid that a process of a tree has on its host. The tree has a pid namespace of its own there. */
function pidOnHost(pid: number): number {
  const [, pids = ""] = /^NSpid:\s*(.*)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(pids.split(/\s+/).at(-2));
}
