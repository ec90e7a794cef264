import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Machine } from "../support/machine.ts";
import { type DumpedProgram, dumpProgram, forget, missing, verdictOf } from "./case.ts";

let machine: Machine;
let program: DumpedProgram | undefined;
beforeEach(async () => {
  machine = await Machine.start();
});
afterEach(() => {
  if (program !== undefined) forget(program);
  program = undefined;
  machine.end();
});

/** Checkpoints a case whose links lead to the machine. */
async function dump(name: string, ...flags: readonly string[]): Promise<DumpedProgram> {
  program = await dumpProgram(
    join(import.meta.dirname, name),
    () => flags,
    (directory) => writeFileSync(join(directory, "host"), machine.network),
  );
  return program;
}

function restore({ images }: DumpedProgram, ...flags: readonly string[]): void {
  const { status, stderr } = machine.restage("restore", "-d", "-D", images, ...flags);
  expect(stderr).toBe("");
  expect(status).toBe(0);
}

describe.skipIf(missing !== undefined)("network namespaces", () => {
  it.each(["nftables", "iptables"])("come back, several of a tree, from under a lock of %s", async (lock) => {
    const program = await dump("net-namespaces", "--network-lock", lock);
    expect(machine.survey()).not.toContain("uplink");
    restore(program, "--external", "veth[eth0]:uplink");
    expect(machine.survey()).toContain("uplink");
    machine.run("ip", "link", "set", "uplink", "up");
    expect(await verdictOf(program)).toBe("pass");
  });
});
