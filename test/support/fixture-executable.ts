import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, utimesSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The directory of the fixtures: programs, and checkpoints of them. */
export const FIXTURES = fileURLToPath(new URL("../../../shared/fixtures/", import.meta.url));

/** The directory in which the fixtures ran when they were checkpointed. */
export const PLACE = "/tmp/restage-fixtures";

/** The executable of every fixture. */
export const EXECUTABLE = `${PLACE}/fixture`;

/** Installs the executable where the images expect it, with the recorded permissions and time: a checkout may have others. */
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
