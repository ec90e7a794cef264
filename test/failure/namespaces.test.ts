import {
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { definePlugin, type RestoreRequest, type RunStageName, restore } from "@restage/core";
import { openKernel } from "@restage/linux";
import { defaultPlugins } from "@restage/plugins";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { missing } from "../stages/fixture.ts";
import { FIXTURES, installExecutable, PLACE } from "../support/fixture-executable.ts";
import { expectNothingLeft, survey } from "../support/leftovers.ts";

/** Who is root in the user namespace of the checkpoint. */
const USER = 100_000;
const STAGES: readonly RunStageName[] = [
  "ROOT_TASK",
  "PREPARE_NAMESPACES",
  "FORKING",
  "RESTORE",
  "RESTORE_SIGCHLD",
  "RESTORE_CREDS",
];

/** What the checkpoint comes back to: files from outside, and mount points in its root. */
function place(name: string): void {
  const files = `${FIXTURES}images/${name}.files`;
  mkdirSync(`${PLACE}/${name}`, { recursive: true });
  for (const file of readdirSync(`${files}/data`)) {
    copyFileSync(`${files}/data/${file}`, `${PLACE}/${name}/${file}`);
    // As root of the user namespace it belongs to another user here.
    if (name === "userns") chownSync(`${PLACE}/${name}/${file}`, USER, USER);
  }
  installExecutable();
  for (const folder of ["proc", "dev", "t", "b", `tmp/restage-fixtures/${name}`]) {
    mkdirSync(`${PLACE}/${name}.root/${folder}`, { recursive: true });
  }
  writeFileSync(`${PLACE}/${name}.root/tmp/restage-fixtures/fixture`, "");
}

/** The host's links and namespaces, beside what every restore could leave. */
function surveyAll(): readonly string[] {
  const links = readdirSync("/sys/class/net").map((name) => `link ${name}`);
  const namespaces = new Set<string>();
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    for (const kind of ["mnt", "net", "uts", "ipc", "pid", "user"]) {
      try {
        namespaces.add(readlinkSync(`/proc/${pid}/ns/${kind}`));
      } catch {
        // It has ended, or is a zombie.
      }
    }
  }
  const hostname = readFileSync("/proc/sys/kernel/hostname", "utf8");
  return [...links, ...[...namespaces].sort(), hostname, ...survey()];
}

function requestOf(name: string): RestoreRequest {
  return {
    images: `${FIXTURES}images/${name}`,
    detached: true,
    root: `${PLACE}/${name}.root`,
    external: [`mnt[dir]:${PLACE}/${name}`, `mnt[exe]:${PLACE}/fixture`],
    skipFileRwxCheck: true,
  };
}

describe.skipIf(missing !== undefined)("a container's tree that fails to be restored leaves the host as it was", () => {
  for (const name of ["namespaces", "userns"]) {
    beforeEach(() => place(name));
    afterEach(() => {
      rmSync(`${PLACE}/${name}`, { recursive: true, force: true });
      rmSync(`${PLACE}/${name}.root`, { recursive: true, force: true });
    });

    it.each(STAGES)(`${name}, in %s`, async (stage) => {
      const before = surveyAll();
      let root = 0;
      const failing = definePlugin({
        name: "failing",
        apply({ stages }) {
          stages[stage].leave.tap("failing", ({ tree }) => {
            root = tree.root.hostPid;
            throw new Error("on purpose");
          });
        },
      });
      const kernel = await openKernel();
      const restoring = restore({ ...requestOf(name), plugins: [failing] }, kernel, defaultPlugins());
      await expect(restoring).rejects.toMatchObject({ message: expect.stringContaining("on purpose"), stage });
      kernel.close();
      expect(existsSync(`/proc/${root}`)).toBe(false);
      await expectNothingLeft(before.slice(before.length - survey().length));
      expect(surveyAll()).toEqual(before);
    });
  }
});
