import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { differences, observe } from "../observe/observe.ts";
import { CRIU, itUnless, noCriu } from "../support/requirements.ts";
import { type RunningProgram, restoreProgram, startProgram, verdictOf } from "./case.ts";
import { describeDumped, dump } from "./dumpers.ts";

/** Cases with state that CRIU does not save, and the flags of their checkpoints and restores. */
const CASES: readonly (readonly [name: string, flags: readonly string[]])[] = [
  ["thread-settings", []],
  ["memory-settings", []],
  ["file-settings", []],
];

async function checkpointed(name: string, flags: readonly string[]) {
  const program: RunningProgram = await startProgram(join(import.meta.dirname, name));
  const before = observe(program.pid);
  dump(program.images, program.pid, flags, name);
  await program.ended;
  return { program, before };
}

describeDumped(
  "what CRIU does not save",
  () => {
    it.each(CASES)("is restored, and the kernel shows no difference: %s", async (name, flags) => {
      const { program, before } = await checkpointed(name, flags);
      await restoreProgram(program, { tcpEstablished: flags.includes("--tcp-established") });
      expect(differences(before, observe(program.pid))).toEqual([]);
      expect(await verdictOf(program)).toBe("pass");
    });

    for (const [name, flags] of CASES) {
      itUnless(noCriu, `is in an image that CRIU ignores: ${name}`, async () => {
        const { program } = await checkpointed(name, flags);
        const { images } = program;
        expect(existsSync(join(images, "restage.img"))).toBe(true);
        const words = ["restore", "-d", "-D", images, "-o", "restore.log", "-v4", "--manage-cgroups=ignore"];
        const { status } = spawnSync(CRIU, [...words, ...flags.filter((flag) => flag !== "--ext-unix-sk")]);
        expect(status).toBe(0);
        expect(await verdictOf(program)).not.toBe("");
      });
    }
  },
  undefined,
  ["Restage"],
);
