import { chmodSync, copyFileSync, mkdirSync, rmSync, utimesSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { end, REPOSITORY, restage } from "../support.ts";

/** The directory in which the checkpoint expects the program. */
const PLACE = "/tmp/restage-examples";

/** The pid and the port in the checkpoint. */
export const PID = 20050;
export const PORT = 8097;
/** The pid in the checkpoint that was made in namespaces. */
export const PID_IN_NAMESPACES = 20060;

export const CHECKPOINT = fileURLToPath(new URL("./checkpoint", import.meta.url));

/** The same server in its own network and UTS namespaces. */
export const IN_NAMESPACES = fileURLToPath(new URL("./checkpoint-in-namespaces", import.meta.url));

/** Puts the program where the checkpoint expects it. */
export function place(): void {
  const program = `${PLACE}/server`;
  mkdirSync(PLACE, { recursive: true });
  copyFileSync(fileURLToPath(new URL("./files/program", import.meta.url)), program);
  chmodSync(program, 0o755);
  utimesSync(program, 1_700_000_000, 1_700_000_000);
}

/** Returns the server's answer: a greeting from its environment, the visitor's number, the host name, a secret. */
export async function visit(port: number): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(5000) });
  return await answer.text();
}

/** Removes what place() made. */
export function cleanUp(): void {
  rmSync(PLACE, { recursive: true, force: true });
}

/** Restores the web server with a configuration, calls a function to show something, and ends the server. */
export async function showServer(example: string, look: () => Promise<void> | void, pid = PID): Promise<void> {
  await end(pid);
  place();
  try {
    await restage(REPOSITORY, "restore", "-d", "--config", `examples/${example}/restore.config.ts`);
    await look();
  } finally {
    await end(pid);
    cleanUp();
  }
}
