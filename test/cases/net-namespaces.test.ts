import { spawn } from "node:child_process";
import { closeSync, openSync, readlinkSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { failingAfter } from "../support/failing-after.ts";
import { Machine } from "../support/machine.ts";
import { describeUnless } from "../support/requirements.ts";
import { run } from "../support/restage.ts";
import { until } from "../support/until.ts";
import { type DumpedProgram, dumpCase, restoreProgram, restoreThatDies, verdictOf } from "./case.ts";
import { describeDumped, noDumpsByCriu } from "./dumpers.ts";

let machine: Machine;
beforeEach(async () => {
  machine = await Machine.start();
});

/** Checkpoints a case that knows the path of the machine's network namespace. */
function dumpOnMachine(name: string, ...flags: readonly string[]): Promise<DumpedProgram> {
  return dumpCase(name, {
    flags,
    prepare: (directory) => writeFileSync(join(directory, "host"), machine.network),
  });
}

/** The option that makes the machine's network namespace external. */
const external = () => `net[${statSync(machine.network).ino}]:outer`;

function restore({ images }: DumpedProgram, ...flags: readonly string[]): void {
  const { status, stderr } = machine.restage("restore", "-d", "-D", images, ...flags);
  expect(stderr).toBe("");
  expect(status).toBe(0);
}

describeUnless(noDumpsByCriu, "network namespaces", () => {
  it.each(["nftables", "iptables"])("are restored, several in one tree, and lose their %s lock", async (lock) => {
    const program = await dumpOnMachine("net-namespaces", "--network-lock", lock);
    // The kernel removes the links of a namespace some time after its last task has ended.
    await until(() => !machine.survey().includes("uplink"), "the old link is gone");
    restore(program, "--external", "veth[eth0]:uplink");
    expect(machine.survey()).toContain("uplink");
    machine.run("ip", "link", "set", "uplink", "up");
    expect(await verdictOf(program)).toBe("pass");
  });

  it.each(["nftables", "iptables"])("free their TCP connections from a lock of %s", async (lock) => {
    const program = await dumpCase("tcp-in-namespace", { flags: ["--tcp-established", "--network-lock", lock] });
    restore(program, "--tcp-established");
    expect(await verdictOf(program)).toBe("pass");
  });

  describe("that are external", () => {
    it("can be passed as paths", async () => {
      const before = machine.survey();
      const lock = ["--network-lock", "nftables"];
      const program = await dumpOnMachine("tcp-in-namespace", "--tcp-established", "--external", external(), ...lock);
      expect(machine.survey()).not.toBe(before);
      await restoreProgram(program, { tcpEstablished: true, external: [`net[outer]:${machine.network}`] });
      expect(machine.survey()).toBe(before);
      expect(await verdictOf(program)).toBe("pass");
    });

    describe.each(["nftables", "iptables"])("and were locked with %s", (method) => {
      let other: Machine;
      let program: DumpedProgram;
      beforeEach(async () => {
        other = await Machine.start();
        const lock = ["--network-lock", method];
        program = await dumpOnMachine("tcp-in-namespace", "--tcp-established", "--external", external(), ...lock);
        writeFileSync(join(program.directory, "moved"), "");
      });
      const request = () => ({ tcpEstablished: true, external: [`net[outer]:${other.network}`] });

      it("can be replaced by one that was never locked, which is locked until the tree runs", async () => {
        const before = other.survey();
        const locked = failingAfter("RESTORE", () => expect(other.survey()).not.toBe(before));
        await expect(restoreProgram(program, { ...request(), plugins: [locked] })).rejects.toThrow("on purpose");
        expect(other.survey()).toBe(before);
        await restoreProgram(program, request());
        expect(other.survey()).toBe(before);
        expect(await verdictOf(program)).toBe("pass");
      });

      it("are unlocked when the coordinator is killed", async () => {
        const before = other.survey();
        const { signal, stderr } = run(restoreThatDies(program, "RESTORE_CREDS", request()));
        expect(signal, stderr).toBe("SIGKILL");
        await until(() => other.survey() === before, "the lock is gone");
      });
    });

    it("must be passed", async () => {
      const program = await dumpOnMachine("tcp-in-namespace", "--tcp-established", "--external", external());
      const restoring = restoreProgram(program, { tcpEstablished: true });
      await expect(restoring).rejects.toMatchObject({
        code: "ERR_REFUSED",
        hint: expect.stringContaining("fd[N]:outer"),
      });
    });
  });
});

describeDumped("a network namespace", () => {
  it("is restored with macvlan links and tracked connections (tracked-connections)", async () => {
    machine.run("ip", "link", "add", "lower", "type", "veth", "peer", "name", "upper");
    const program = await dumpOnMachine("tracked-connections");
    restore(program, "--external", "macvlan[mac0]:lower");
    expect(await verdictOf(program)).toBe("pass");
  });

  it("is restored empty for a script to set up", async () => {
    const program = await dumpCase("tcp-in-namespace", { flags: ["--tcp-established", "--empty-ns", "net"] });
    const script = join(program.directory, "script");
    const setUp = 'nsenter -t "$CRTOOLS_INIT_PID" -n ip link set lo up';
    writeFileSync(script, `#!/bin/sh\n[ "$CRTOOLS_SCRIPT_ACTION" != setup-namespaces ] || ${setUp}\n`, { mode: 0o755 });
    restore(program, "--tcp-established", "--empty-ns", "net", "--action-script", script);
    expect(await verdictOf(program)).toBe("pass");
  });

  it("can be external, and passed as a descriptor", async () => {
    const program = await dumpOnMachine("tcp-in-namespace", "--tcp-established", "--external", external());
    const descriptor = openSync(machine.network, "r");
    try {
      await restoreProgram(program, { tcpEstablished: true, inheritFd: { outer: descriptor } });
    } finally {
      closeSync(descriptor);
    }
    expect(await verdictOf(program)).toBe("pass");
  });
});

describeDumped("namespaces of another process", () => {
  it.each([false, true])("are joined on request; the tree has its own: %s", async (hasOwn) => {
    const holder = spawn("unshare", ["--uts", "--ipc", "sleep", "infinity"], { stdio: "ignore" });
    onTestFinished(() => void holder.kill("SIGKILL"));
    const of = (kind: string) => `/proc/${holder.pid}/ns/${kind}`;
    await until(() => readlinkSync(of("uts")) !== readlinkSync("/proc/self/ns/uts"), "the namespaces exist");
    const prepare = (directory: string) => {
      if (hasOwn) writeFileSync(join(directory, "own"), "");
    };
    const program = await dumpCase("joined-namespaces", { prepare });
    const joinNamespaces = { net: machine.network, uts: of("uts"), ipc: of("ipc") };
    const numbers = Object.entries(joinNamespaces).map(([kind, path]) => `${kind} ${statSync(path).ino}\n`);
    writeFileSync(join(program.directory, "joined"), numbers.join(""));
    await restoreProgram(program, { joinNamespaces });
    expect(await verdictOf(program)).toBe("pass");
  });
});

describeDumped(
  "links of a network namespace",
  () => {
    it("are restored: links", async () => {
      const program = await dumpCase("links");
      await restoreProgram(program);
      expect(await verdictOf(program)).toBe("pass");
    });
  },
  undefined,
  ["Restage"],
);
