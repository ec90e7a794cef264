import { spawn } from "node:child_process";
import { existsSync, openSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { readProcesses } from "@restage/linux";
import { makePlace } from "../../cases/case.ts";
import { compile } from "../../support/compile.ts";
import { until } from "../../support/until.ts";

/** The board of program.c: what went wrong, how many workers there are, and the rounds of each. */
const BOARD = { wrong: 256, rounds: 264 } as const;
/** A thread whose checkpoint was killed may sleep 5 s before it goes home. */
const PATIENCE = 15_000;

/** A tree whose threads tell that each of them goes on, and as it was. */
export class WatchedTree {
  readonly pid: number;
  readonly images: string;
  readonly #place: string;
  readonly #board: string;

  private constructor(pid: number, place: string, images: string, directory: string) {
    this.pid = pid;
    this.images = images;
    this.#place = place;
    this.#board = join(directory, "board");
  }

  static async start(): Promise<WatchedTree> {
    const { place, directory, images } = makePlace();
    const program = join(place, "program");
    compile(join(import.meta.dirname, "program.c"), program);
    const messages = openSync(join(place, "messages"), "a");
    const { pid = 0 } = spawn(program, [], { cwd: directory, detached: true, stdio: ["ignore", "ignore", messages] });
    const tree = new WatchedTree(pid, place, images, directory);
    await until(() => existsSync(join(directory, "ready")), "the tree is ready");
    return tree;
  }

  /** Waits until every worker has made progress. Returns what is wrong, undefined when nothing is. */
  async findDamage(): Promise<string | undefined> {
    const before = this.#rounds();
    const waiting = () => before.flatMap((rounds, worker) => (this.#rounds()[worker] === rounds ? [worker] : []));
    const end = performance.now() + PATIENCE;
    for (;;) {
      const wrong = this.#wrong();
      if (wrong !== "") return wrong;
      const left = waiting();
      const held = left.length > 0 ? [] : this.#held();
      const copies = [...readProcesses()].filter(({ comm }) => comm === "restage-copy").map(({ pid }) => pid);
      if (left.length === 0 && held.length === 0 && copies.length === 0) return undefined;
      if (performance.now() > end) {
        if (left.length > 0) return `workers ${left.join(", ")} stand still: ${this.#states()}`;
        return held.length > 0 ? `threads ${held.join(", ")} are held` : `copies ${copies.join(", ")} are left`;
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** Mappings that killed checkpoints have left. */
  leftMappings(): number {
    return this.tasks().flatMap((pid) => readFileSync(`/proc/${pid}/maps`, "latin1").match(/^\S+ rwxp /gm) ?? [])
      .length;
  }

  end(): void {
    try {
      process.kill(this.pid, "SIGKILL");
    } catch {
      // It has ended by itself.
    }
    rmSync(this.#place, { recursive: true, force: true });
  }

  #wrong(): string {
    const text = readFileSync(this.#board).subarray(0, BOARD.wrong);
    return text.subarray(0, text.indexOf(0)).toString();
  }

  #rounds(): readonly bigint[] {
    const board = readFileSync(this.#board);
    const workers = Number(board.readBigUInt64LE(BOARD.wrong));
    return Array.from({ length: workers }, (_, worker) => board.readBigUInt64LE(BOARD.rounds + 8 * worker));
  }

  tasks(): readonly number[] {
    const children = readFileSync(`/proc/${this.pid}/task/${this.pid}/children`, "latin1").split(" ").filter(Boolean);
    return [this.pid, ...children.map(Number)];
  }

  /** What each thread does, for a message. */
  #states(): string {
    if (!existsSync(`/proc/${this.pid}`)) return "the tree has ended";
    const threads = this.tasks().flatMap((pid) => readdirSync(`/proc/${pid}/task`).map((tid) => `${pid}/task/${tid}`));
    const describe = (thread: string) => {
      const status = readFileSync(`/proc/${thread}/status`, "latin1");
      const [state, tracer] = [/^State:\s+(\S)/m, /^TracerPid:\s+(\d+)/m].map((line) => line.exec(status)?.[1]);
      const place = readFileSync(`/proc/${thread}/syscall`, "latin1").trim();
      return `${thread} ${state}, traced by ${tracer}, in ${place}`;
    };
    return threads.map(describe).join("; ");
  }

  /** Threads that are traced or stopped. */
  #held(): readonly string[] {
    return this.tasks().flatMap((pid) =>
      readdirSync(`/proc/${pid}/task`).filter((tid) => {
        const status = readFileSync(`/proc/${pid}/task/${tid}/status`, "latin1");
        return /^State:\s+[tT]/m.test(status) || !/^TracerPid:\s+0$/m.test(status);
      }),
    );
  }
}
