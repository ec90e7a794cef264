import { spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { openKernel } from "@restage/linux";
import { afterEach, describe, expect, it } from "vitest";
import {
  type DumpedProgram,
  describeDumped,
  dumpProgram,
  forget,
  missing,
  restoreProgram,
  until,
  verdictOf,
} from "./case.ts";

const NOBODY = 65534;
const command = fileURLToPath(new URL("../../packages/cli/dist/restage.js", import.meta.url));

const programs: DumpedProgram[] = [];
afterEach(() => {
  for (const program of programs.splice(0)) forget(program);
});

async function dump(name: string): Promise<DumpedProgram> {
  const program = await dumpProgram(join(import.meta.dirname, name));
  programs.push(program);
  return program;
}

/** Gives everything to nobody, who is root in the user namespace of the restored tree. */
function handOver({ directory, images }: DumpedProgram): void {
  chmodSync(dirname(directory), 0o755);
  chownSync(join(dirname(directory), "messages"), NOBODY, NOBODY);
  for (const place of [directory, images]) {
    for (const name of readdirSync(place)) chownSync(join(place, name), NOBODY, NOBODY);
    chownSync(place, NOBODY, NOBODY);
  }
}

const isGone = (pid: number) =>
  !existsSync(`/proc/${pid}`) || readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");

describeDumped("a tree under an init of ours", () => {
  for (const name of ["lone-task", "family"]) {
    it(`has its pids in a namespace of its own (${name})`, async () => {
      const program = await dump(name);
      // Somebody else has the pid meanwhile: in the host's namespace the restore would fail.
      const tree = await restoreProgram(program, { newPidNamespace: true });
      expect(tree.pid).not.toBe(program.pid);
      expect(readFileSync(`/proc/${tree.pid}/status`, "utf8")).toMatch(
        new RegExp(`^NSpid:\\s+${tree.pid}\\s+${program.pid}$`, "m"),
      );
      expect(readlinkSync(`/proc/${tree.child}/ns/pid`)).toBe(readlinkSync(`/proc/${tree.pid}/ns/pid`));
      expect(await verdictOf(program)).toBe("pass");
      await until(() => isGone(tree.child), "the init has ended with the tree");
    });

    it(`is restored by a user without privileges (${name})`, async () => {
      const program = await dump(name);
      handOver(program);
      const args = [command, "restore", "-d", "--unprivileged", "-D", program.images];
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

  it("gives the caller the root task's exit status", async () => {
    const program = await dump("family");
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

describe.skipIf(missing !== undefined)("a tree in a pid namespace from outside", () => {
  it("goes into one that the caller names", async () => {
    // An init that reaps.
    const holder = spawn("unshare", ["--pid", "--fork", "--kill-child", "sh", "-c", "while :; do sleep 0.1; done"], {
      stdio: "ignore",
    });
    try {
      const childOf = () => readFileSync(`/proc/${holder.pid}/task/${holder.pid}/children`, "utf8").trim();
      await until(() => childOf() !== "", "the namespace has an init");
      const namespace = `/proc/${childOf()}/ns/pid`;
      const external = `pid[${statSync(namespace).ino}]:outer`;
      const program = await dumpProgram(
        join(import.meta.dirname, "external-pids"),
        () => ["--external", external],
        (directory) => writeFileSync(join(directory, "host"), namespace),
      );
      programs.push(program);
      await expect(restoreProgram(program)).rejects.toMatchObject({ code: "ERR_REFUSED" });
      const tree = await restoreProgram(program, { external: [`pid[outer]:${namespace}`] });
      expect(readlinkSync(`/proc/${tree.pid}/ns/pid`)).toBe(readlinkSync(namespace));
      expect(await verdictOf(program)).toBe("pass");
    } finally {
      holder.kill("SIGKILL");
    }
  });
});
