import { existsSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { CRIU, noCriu, noRoot, type Obstacle, succeeds } from "../support/requirements.ts";
import { restage } from "../support/restage.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

/** The program that a container engine finds under the name of criu. */
export type Program = "CRIU" | "Restage";

export const noRunc: Obstacle = noRoot ?? (succeeds("runc") ? undefined : "needs runc (Debian: runc)");
export const noPodman: Obstacle =
  noRunc ?? (succeeds("podman") && succeeds("conmon") ? undefined : "needs podman and conmon (Debian: podman)");
export const noBusybox: Obstacle = existsSync("/bin/busybox") ? undefined : "needs a static busybox";

/** Some tests are only for `npm run engines`. */
export const notForEngines: Obstacle =
  process.env["ENGINES"] === undefined ? "takes minutes: npm run engines" : undefined;

/** Who makes checkpoints, and who restores them. */
export const PAIRS: readonly (readonly [dumper: Program, restorer: Program, obstacle: Obstacle])[] = [
  ["Restage", "Restage", undefined],
  ["CRIU", "Restage", noCriu],
  ["Restage", "CRIU", noCriu],
];

/** Makes a directory with a `criu`, for the front of PATH. */
export function directoryOf(program: Program): string {
  const directory = temporaryDirectory("criu");
  if (program === "CRIU") symlinkSync(CRIU, join(directory, "criu"));
  else expect(restage(["install-criu", directory]).status).toBe(0);
  return directory;
}
