import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { differences, observe } from "../observe/observe.ts";
import { restoreWithCriu } from "../support/criu.ts";
import { itUnless, noCriu } from "../support/requirements.ts";
import { type RunningProgram, restoreProgram, startProgram, verdictOf } from "./case.ts";
import { describeDumped, dump } from "./dumpers.ts";

/** Cases with state that CRIU does not save, the flags of their checkpoints and restores, and why CRIU cannot restore the images without that state. */
const CASES: readonly (readonly [name: string, flags: readonly string[], notByCriu?: string])[] = [
  ["thread-settings", []],
  ["memory-settings", []],
  ["deny-write-execute", []],
  ["file-settings", []],
  ["socket-settings", ["--tcp-established"]],
  ["multicast", []],
  ["pipe-packets", []],
  ["mptcp-listeners", ["--tcp-established"]],
  ["unix-messages", []],
  ["datagrams", []],
  ["epoll-numbers", []],
  ["epoll-busy-poll", []],
  ["unfinished-lines", []],
  ["terminal-in-flight", [], "it does not restore timerfds in flight"],
  ["neighbours", []],
  ["foreign-address", [], "without IP_TRANSPARENT the socket cannot be bound"],
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
    it.each(CASES.map(([name, flags]) => [name, flags] as const))(
      "is restored, and the kernel shows no difference: %s",
      async (name, flags) => {
        const { program, before } = await checkpointed(name, flags);
        await restoreProgram(program, { tcpEstablished: flags.includes("--tcp-established") });
        expect(differences(before, observe(program.pid))).toEqual([]);
        expect(await verdictOf(program)).toBe("pass");
      },
    );

    for (const [name, flags, notByCriu] of CASES) {
      if (notByCriu !== undefined) continue;
      itUnless(noCriu, `is in an image that CRIU ignores: ${name}`, async () => {
        const { program } = await checkpointed(name, flags);
        const { images } = program;
        expect(existsSync(join(images, "restage.img"))).toBe(true);
        restoreWithCriu(images, ["--manage-cgroups=ignore", ...flags.filter((flag) => flag !== "--ext-unix-sk")]);
        expect(await verdictOf(program)).not.toBe("");
      });
    }
  },
  undefined,
  ["Restage"],
);
