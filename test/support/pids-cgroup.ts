import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { end } from "./end.ts";
import { until } from "./until.ts";

const HIERARCHY = "/sys/fs/cgroup/pids";

/** A cgroup for the program of a test, where this machine has the hierarchy of the controller pids. */
export class PidsCgroup {
  readonly path: string;
  readonly isPossible = existsSync(`${HIERARCHY}/cgroup.procs`);

  constructor(name: string) {
    this.path = `${HIERARCHY}/restage-${name}-${randomUUID()}`;
  }

  /** Makes it, until the end of the test. */
  make(): void {
    if (!this.isPossible) return;
    mkdirSync(this.path);
    onTestFinished(() => this.remove());
  }

  /** Makes a link to its processes, "cgroup", in the directory of a program. */
  linkFrom(directory: string): void {
    if (this.isPossible) symlinkSync(`${this.path}/cgroup.procs`, join(directory, "cgroup"));
  }

  exists(): boolean {
    return existsSync(this.path);
  }

  /** The processes in it. */
  processes(): readonly number[] {
    return readFileSync(`${this.path}/cgroup.procs`, "utf8").split("\n").filter(Boolean).map(Number);
  }

  /** Removes it, and ends what is in it: a restored container, whose init waits for ever. */
  async remove(): Promise<void> {
    if (!this.exists()) return;
    await end(...this.processes());
    const isRemoved = () => {
      try {
        rmdirSync(this.path);
      } catch {
        // Tasks that were killed stay in it for a moment.
      }
      return !this.exists();
    };
    await until(isRemoved, `${this.path} is removed`);
  }
}
