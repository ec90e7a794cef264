import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ProcessId } from "./processes.ts";

/** What a host remembers about an order that it has begun. It survives the agent. */
export class Journal {
  readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
  }

  /** Begins the work for a token. What an earlier attempt has left stays: a checkpoint that is complete is still needed. */
  begin(token: string): void {
    mkdirSync(this.directory, { recursive: true, mode: 0o700 });
    for (const name of ["process", "pidfile", "cloning", "root"]) this.unmark(name);
    this.write("token", token);
  }

  get token(): string | undefined {
    return this.read("token");
  }

  /** The command that works on the order. */
  set process(id: ProcessId) {
    this.keep("process", id);
  }

  get process(): ProcessId | undefined {
    return this.kept("process");
  }

  /** Whether it has the only checkpoint of a tree that has ended. */
  get isKept(): boolean {
    return this.has("kept") && this.has("images/inventory.img");
  }

  /** Remembers that a step was begun. */
  mark(step: string): void {
    this.write(step, "");
  }

  /** Remembers a process besides that of the command. */
  keep(name: string, { pid, start }: ProcessId): void {
    this.write(name, `${pid} ${start}`);
  }

  kept(name: string): ProcessId | undefined {
    const [pid, start] = this.read(name)?.split(" ").map(Number) ?? [];
    return pid === undefined || start === undefined ? undefined : { pid, start };
  }

  unmark(step: string): void {
    rmSync(this.path(step), { force: true });
  }

  has(name: string): boolean {
    return existsSync(this.path(name));
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  write(name: string, text: string): void {
    writeFileSync(this.path(`.${name}`), text, { mode: 0o600 });
    renameSync(this.path(`.${name}`), this.path(name));
  }

  read(name: string): string | undefined {
    try {
      return readFileSync(this.path(name), "utf8");
    } catch {
      return undefined;
    }
  }
}

/** The ids of all orders that a host remembers. */
export function journalsIn(directory: string): readonly string[] {
  return existsSync(directory) ? readdirSync(directory) : [];
}
