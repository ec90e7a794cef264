import { closeSync } from "node:fs";
import { PASSED, startWithSocket } from "../start-with-socket.ts";

/** The socket that a page server gets: one to which the dump will connect, or one to which it is connected. */
export type Passed = "listening" | "ps-socket";

/**
 * Starts a process that receives the pages of a dump, or gives pages to a lazy-pages daemon, and passes a socket to it. Returns its pid.
 */
export function startPageServer(
  passed: Passed,
  descriptor: number,
  images: string,
  lazyPages: boolean,
): number | undefined {
  const words = ["page-server", `--${passed}`, PASSED, "--images-dir", images];
  const pid = startWithSocket(descriptor, ...words, ...(lazyPages ? ["--lazy-pages"] : []));
  closeSync(descriptor);
  return pid;
}
