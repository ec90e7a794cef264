import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, utimesSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Where the program of the checkpoint and its log were, and have to be again. */
const PLACE = "/tmp/restage-fixtures";
export const LOG = `${PLACE}/counter/log`;

/** The pid that the checkpoint has. */
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

/** Removes what place() made, but for the program. */
export function cleanUp(): void {
  rmSync(`${PLACE}/counter`, { recursive: true, force: true });
}
