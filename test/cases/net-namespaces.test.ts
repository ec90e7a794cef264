import { spawn } from "node:child_process";
import { closeSync, openSync, readlinkSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Machine } from "../support/machine.ts";
import { type DumpedProgram, dumpProgram, forget, missing, restoreProgram, until, verdictOf } from "./case.ts";

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

/** Checkpoints a case that knows where the machine's network is. */
async function dump(name: string, ...flags: readonly string[]): Promise<DumpedProgram> {
  program = await dumpProgram(
    join(import.meta.dirname, name),
    () => flags,
    (directory) => writeFileSync(join(directory, "host"), machine.network),
  );
  return program;
}

/** Checkpoints a case that has a network namespace of its own. */
async function dumpAlone(name: string, ...flags: readonly string[]): Promise<DumpedProgram> {
  program = await dumpProgram(join(import.meta.dirname, name), () => flags);
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

  it("come back with macvlan links, and connections that the kernel tracks", async () => {
    machine.run("ip", "link", "add", "lower", "type", "veth", "peer", "name", "upper");
    const program = await dump("tracked-connections");
    restore(program, "--external", "macvlan[mac0]:lower");
    expect(await verdictOf(program)).toBe("pass");
  });

  it.each(["nftables", "iptables"])("let connections go from under a lock of %s", async (lock) => {
    const program = await dumpAlone("tcp-in-namespace", "--tcp-established", "--network-lock", lock);
    restore(program, "--tcp-established");
    expect(await verdictOf(program)).toBe("pass");
  });

  it("come back empty, to be filled by a script", async () => {
    const program = await dumpAlone("tcp-in-namespace", "--tcp-established", "--empty-ns", "net");
    const script = join(program.directory, "script");
    const setUp = 'nsenter -t "$CRTOOLS_INIT_PID" -n ip link set lo up';
    writeFileSync(script, `#!/bin/sh\n[ "$CRTOOLS_SCRIPT_ACTION" != setup-namespaces ] || ${setUp}\n`, { mode: 0o755 });
    restore(program, "--tcp-established", "--empty-ns", "net", "--action-script", script);
    expect(await verdictOf(program)).toBe("pass");
  });

  describe("from outside", () => {
    const external = () => `net[${statSync(machine.network).ino}]:outer`;

    it("are named by a path", async () => {
      const before = machine.survey();
      const lock = ["--network-lock", "nftables"];
      const program = await dump("tcp-in-namespace", "--tcp-established", "--external", external(), ...lock);
      expect(machine.survey()).not.toBe(before);
      await restoreProgram(program, { tcpEstablished: true, external: [`net[outer]:${machine.network}`] });
      expect(machine.survey()).toBe(before);
      expect(await verdictOf(program)).toBe("pass");
    });

    it("are handed over as descriptors", async () => {
      const program = await dump("tcp-in-namespace", "--tcp-established", "--external", external());
      const descriptor = openSync(machine.network, "r");
      try {
        await restoreProgram(program, { tcpEstablished: true, inheritFd: { outer: descriptor } });
      } finally {
        closeSync(descriptor);
      }
      expect(await verdictOf(program)).toBe("pass");
    });

    it("have to be named", async () => {
      const program = await dump("tcp-in-namespace", "--tcp-established", "--external", external());
      const restoring = restoreProgram(program, { tcpEstablished: true });
      await expect(restoring).rejects.toMatchObject({
        code: "ERR_REFUSED",
        hint: expect.stringContaining("fd[N]:outer"),
      });
    });
  });
});

describe.skipIf(missing !== undefined)("namespaces of others", () => {
  it("are joined", async () => {
    const holder = spawn("unshare", ["--uts", "--ipc", "sleep", "infinity"], { stdio: "ignore" });
    try {
      const of = (kind: string) => `/proc/${holder.pid}/ns/${kind}`;
      await until(() => readlinkSync(of("uts")) !== readlinkSync("/proc/self/ns/uts"), "there are others");
      const program = await dumpAlone("joined-namespaces");
      const joinNamespaces = { net: machine.network, uts: of("uts"), ipc: of("ipc") };
      const numbers = Object.entries(joinNamespaces).map(([kind, path]) => `${kind} ${statSync(path).ino}\n`);
      writeFileSync(join(program.directory, "joined"), numbers.join(""));
      await restoreProgram(program, { joinNamespaces });
      expect(await verdictOf(program)).toBe("pass");
    } finally {
      holder.kill("SIGKILL");
    }
  });
});
