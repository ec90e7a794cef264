import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, utimesSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { end, REPOSITORY, restage } from "../support.ts";

/** The directory in which the checkpoint expects the program and its log. */
const PLACE = "/tmp/restage-fixtures";
export const LOG = `${PLACE}/counter/log`;

/** The pid of the root task in the checkpoint. */
export const PID = 20100;

export const CHECKPOINT = fileURLToPath(new URL("./checkpoint", import.meta.url));

/** Puts program and log where the checkpoint expects them. */
export function place(): void {
  const files = fileURLToPath(new URL("./files", import.meta.url));
  mkdirSync(`${PLACE}/counter`, { recursive: true });
  chmodSync(PLACE, 0o755);
  chmodSync(`${PLACE}/counter`, 0o1777);
  if (!existsSync(`${PLACE}/fixture`) || statSync(`${PLACE}/fixture`).size !== statSync(`${files}/program`).size) {
    copyFileSync(`${files}/program`, `${PLACE}/fixture`);
  }
  chmodSync(`${PLACE}/fixture`, 0o755);
  utimesSync(`${PLACE}/fixture`, 1_700_000_000, 1_700_000_000);
  copyFileSync(`${files}/log`, LOG);
  chmodSync(LOG, 0o644);
}

/** The number in the last line that the counter has written. */
export function lastCount(): number {
  return Number(readFileSync(LOG, "utf8").trimEnd().split("\n").at(-1));
}

/** Removes what place() made, except the program. */
export function cleanUp(): void {
  rmSync(`${PLACE}/counter`, { recursive: true, force: true });
}

/** Restores the counter with a configuration, calls a function to show something, and ends the counter. */
export async function showCounter(example: string, look: () => Promise<void> | void): Promise<void> {
  await end(PID);
  place();
  try {
    await restage(REPOSITORY, "restore", "-d", "--config", `examples/${example}/restore.config.ts`);
    await look();
  } finally {
    await end(PID);
    cleanUp();
  }
}

/** Lets it count for a moment, and prints how far it has counted. */
export async function watchCounter(): Promise<void> {
  const before = lastCount();
  await sleep(300);
  const now = lastCount();
  console.log(now > before ? `It continues, from ${before} to ${now}.` : `It has stopped counting at ${now}.`);
}
