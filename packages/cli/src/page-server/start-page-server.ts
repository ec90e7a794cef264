import { closeSync } from "node:fs";
import { PASSED, startWithSocket } from "../start-with-socket.ts";

/** The socket that a page server gets: one to which the dump will connect, or one to which it is connected. */
export type Passed = "listening" | "ps-socket";

/** Starts a process that receives the pages of a dump, and passes a socket to it. Returns its pid. */
export function startPageServer(passed: Passed, descriptor: number, images: string): number | undefined {
  const pid = startWithSocket(descriptor, "page-server", `--${passed}`, PASSED, "--images-dir", images);
  closeSync(descriptor);
  return pid;
}
