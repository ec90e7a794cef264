import { spawn } from "node:child_process";
import { ownCommand } from "./own-command.ts";

/** The number of the socket in a process that is started with one. */
export const PASSED = "3";

/** Starts this command in a session of its own, with a socket as its only open descriptor. Returns its pid. */
export function startWithSocket(socket: number, ...words: readonly string[]): number | undefined {
  const [program = "", ...own] = ownCommand();
  const child = spawn(program, [...own, ...words], { detached: true, stdio: ["ignore", "ignore", "ignore", socket] });
  child.unref();
  return child.pid;
}
