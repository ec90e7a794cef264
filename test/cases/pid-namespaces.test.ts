import { spawn, spawnSync } from "node:child_process";
import { chmodSync, chownSync, readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { openKernel } from "@restage/linux";
import { expect, it, onTestFinished } from "vitest";
import { childrenOf, isRunning } from "../support/proc.ts";
import { itUnless, NOBODY, noNobody } from "../support/requirements.ts";
import { COMMAND } from "../support/restage.ts";
import { until } from "../support/until.ts";
import { type DumpedProgram, dumpCase, restoreProgram, verdictOf } from "./case.ts";
import { describeDumped } from "./dumpers.ts";

/** Gives all files to nobody, who is root in the user namespace of the restored tree. */
function handOver({ directory, images }: DumpedProgram): void {
  chmodSync(dirname(directory), 0o755);
  chownSync(join(dirname(directory), "messages"), NOBODY, NOBODY);
  for (const place of [directory, images]) {
    for (const name of readdirSync(place)) chownSync(join(place, name), NOBODY, NOBODY);
    chownSync(place, NOBODY, NOBODY);
  }
}

describeDumped("a tree under its own init", () => {
  for (const name of ["lone-task", "family"]) {
    it(`has its pids in a new pid namespace (${name})`, async () => {
      const program = await dumpCase(name);
      const tree = await restoreProgram(program, { newPidNamespace: true });
      expect(tree.pid).not.toBe(program.pid);
      expect(readFileSync(`/proc/${tree.pid}/status`, "utf8")).toMatch(
        new RegExp(`^NSpid:\\s+${tree.pid}\\s+${program.pid}$`, "m"),
      );
      expect(readlinkSync(`/proc/${tree.child}/ns/pid`)).toBe(readlinkSync(`/proc/${tree.pid}/ns/pid`));
      expect(await verdictOf(program)).toBe("pass");
      await until(() => !isRunning(tree.child), "the init has ended with the tree");
    });

    itUnless(noNobody, `can be restored by an unprivileged user (${name})`, async () => {
      const program = await dumpCase(name);
      handOver(program);
      const args = [COMMAND, "restore", "-d", "--unprivileged", "-D", program.images];
      const restored = spawnSync(process.execPath, args, {
        uid: NOBODY,
        gid: NOBODY,
        encoding: "utf8",
        timeout: 30_000,
      });
      expect(restored.stderr).toBe("");
      expect(restored.status).toBe(0);
      expect(await verdictOf(program)).toBe("pass");
    });
  }

  it("returns the exit status of the root task to the caller", async () => {
    const program = await dumpCase("family");
    const kernel = await openKernel();
    try {
      const tree = await restoreProgram(program, { newPidNamespace: true, detached: false });
      expect(await verdictOf(program)).toBe("pass");
      expect(await kernel.waitForExit(tree.child)).toEqual({ code: 0, signal: undefined });
    } finally {
      kernel.close();
    }
  });
});

/** Starts the init of a pid namespace. Returns the path of that. */
async function foreignPidNamespace(): Promise<string> {
  const reaping = "while :; do sleep 0.1; done";
  const holder = spawn("unshare", ["--pid", "--fork", "--kill-child", "sh", "-c", reaping], { stdio: "ignore" });
  onTestFinished(() => void holder.kill("SIGKILL"));
  const inits = () => childrenOf(holder.pid ?? 0);
  await until(() => inits().length > 0, "the namespace has an init");
  return `/proc/${inits()[0]}/ns/pid`;
}

describeDumped("a tree in an external pid namespace", () => {
  it.each([false, true])("is restored into the one that the caller names, as its child: %s", async (isSibling) => {
    const namespace = await foreignPidNamespace();
    const program = await dumpCase("external-pids", {
      flags: ["--external", `pid[${statSync(namespace).ino}]:outer`],
      prepare: (directory) => writeFileSync(join(directory, "host"), namespace),
    });
    await expect(restoreProgram(program)).rejects.toMatchObject({ code: "ERR_REFUSED" });
    const tree = await restoreProgram(program, { external: [`pid[outer]:${namespace}`], sibling: isSibling });
    expect(readlinkSync(`/proc/${tree.pid}/ns/pid`)).toBe(readlinkSync(namespace));
    if (isSibling) expect(childrenOf(process.ppid)).toContain(tree.pid);
    expect(await verdictOf(program)).toBe("pass");
  });
});

describeDumped(
  "a part of a pid namespace that is not named",
  () => {
    it("is refused before anything is saved, with the option that names it", async () => {
      const namespace = await foreignPidNamespace();
      const prepare = (directory: string) => writeFileSync(join(directory, "host"), namespace);
      await expect(dumpCase("external-pids", { prepare })).rejects.toThrow(
        /ERR_REFUSED.*phase inspect.*--external pid\[\d+\]:KEY/s,
      );
    });
  },
  undefined,
  ["Restage"],
);
