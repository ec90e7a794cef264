import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, utimesSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Where the fixtures are: programs, and checkpoints of them. */
export const FIXTURES = fileURLToPath(new URL("../../../shared/fixtures/", import.meta.url));

/** Where they were at their checkpoints. */
export const PLACE = "/tmp/restage-fixtures";

/** The executable of them all. */
export const EXECUTABLE = `${PLACE}/fixture`;

/** Why fixtures cannot be run here, or undefined when they can. */
export const missing = !existsSync(`${FIXTURES}bin/fixture`)
  ? "the fixtures are not beside the repository"
  : process.getuid?.() !== 0
    ? "not root"
    : undefined;

/** Puts the executable where the images expect it, with the permissions and the time that they know: a checkout may have others. */
export function installExecutable(): void {
  mkdirSync(PLACE, { recursive: true });
  chmodSync(PLACE, 0o755);
  const own = readFileSync(`${FIXTURES}bin/fixture`);
  if (existsSync(EXECUTABLE) && readFileSync(EXECUTABLE).equals(own)) {
    chmodSync(EXECUTABLE, 0o755);
    return;
  }
  const temporary = `${EXECUTABLE}.${process.pid}`;
  copyFileSync(`${FIXTURES}bin/fixture`, temporary);
  chmodSync(temporary, 0o755);
  utimesSync(temporary, 1_700_000_000, 1_700_000_000);
  renameSync(temporary, EXECUTABLE);
}
