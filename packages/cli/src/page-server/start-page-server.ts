import { type ChildProcess, spawn } from "node:child_process";
import { closeSync } from "node:fs";
import { ownCommand } from "../own-command.ts";

/** The socket that a page server gets: one to which the dump will connect, or one to which it is connected. */
export type Passed = "listening" | "ps-socket";

/** Starts a process that receives the pages of a dump, and passes a socket to it. */
export function startPageServer(passed: Passed, descriptor: number, images: string): ChildProcess {
  const [program = "", ...own] = ownCommand();
  const words = [...own, "page-server", `--${passed}`, "3", "--images-dir", images];
  const child = spawn(program, words, { detached: true, stdio: ["ignore", "ignore", "ignore", descriptor] });
  child.unref();
  closeSync(descriptor);
  return child;
}
