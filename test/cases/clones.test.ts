import { spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type CloneRequest, definePlugin, prepare, type RestoredTree, type Template } from "@restage/core";
import { openKernel, readProcesses } from "@restage/linux";
import { defaultPlugins } from "@restage/plugins";
import { expect, it, onTestFinished } from "vitest";
import { kill } from "../support/end.ts";
import { isRunning } from "../support/proc.ts";
import { commandFor } from "../support/script.ts";
import { until } from "../support/until.ts";
import { type DumpedProgram, dumpCase, verdictOf } from "./case.ts";
import { describeDumped } from "./dumpers.ts";

/** A template of a program; the end of the test ends it. */
async function templateOf({ images }: DumpedProgram): Promise<Template> {
  const template = await prepare(
    { images, detached: true, newPidNamespace: true },
    await openKernel(),
    defaultPlugins(),
  );
  onTestFinished(() => template.close());
  return template;
}

async function clone(template: Template, request: CloneRequest = {}): Promise<RestoredTree> {
  const tree = await template.restore(request);
  onTestFinished(() => kill(tree.child));
  return tree;
}

/** Lets a clone examine itself, after which the next one can. */
async function verdictOfClone(program: DumpedProgram): Promise<string> {
  const verdict = await verdictOf(program);
  for (const name of ["go", "result"]) rmSync(join(program.directory, name));
  return verdict;
}

/** Kilobytes of the anonymous mappings of a task that have content: all, and its share of those that it has in common with others. */
function anonymousMemory(pid: number): { readonly all: number; readonly share: number } {
  let all = 0;
  let share = 0;
  let isAnonymous = false;
  for (const line of readFileSync(`/proc/${pid}/smaps`, "utf8").split("\n")) {
    const [head = "", ...words] = line.split(/\s+/);
    if (/^[0-9a-f]+-/.test(head)) isAnonymous = words[3] === "0" && !(words[4] ?? "").startsWith("[v");
    else if (isAnonymous && head === "Rss:") all += Number(words[0]);
    else if (isAnonymous && head === "Pss:") share += Number(words[0]);
  }
  return { all, share };
}

describeDumped(
  "clones of a template",
  () => {
    it("are the tree that was saved, again and again", async () => {
      const program = await dumpCase("family");
      const template = await templateOf(program);
      for (let number = 1; number <= 2; number++) {
        const tree = await clone(template);
        expect(readFileSync(`/proc/${tree.pid}/status`, "utf8")).toMatch(
          new RegExp(`^NSpid:\\s+${tree.pid}\\s+${program.pid}$`, "m"),
        );
        expect(await verdictOfClone(program)).toBe("pass");
      }
    });

    it("have all settings of their network namespace, of which most are not read again (network-settings)", async () => {
      const program = await dumpCase("network-settings");
      const template = await templateOf(program);
      for (let number = 1; number <= 3; number++) {
        await clone(template);
        expect(await verdictOfClone(program)).toBe("pass");
      }
    });

    it("share every page that they do not write", async () => {
      const template = await templateOf(await dumpCase("copy-on-write"));
      const trees: RestoredTree[] = [];
      for (let number = 1; number <= 4; number++) trees.push(await clone(template, { leaveStopped: true }));
      for (const { pid } of trees) {
        const { all, share } = anonymousMemory(pid);
        expect(all).toBeGreaterThan(0);
        // Four clones and the template; the kernel writes a page of the stack or of thread-local memory.
        expect(share).toBeLessThan(all / 5 + 16);
      }
    });

    it("run on without their template, which makes no more", async () => {
      const program = await dumpCase("copy-on-write");
      const template = await templateOf(program);
      await clone(template);
      await template.close();
      await expect(template.restore()).rejects.toMatchObject({ code: "ERR_TEMPLATE" });
      expect(await verdictOf(program)).toBe("pass");
    });

    it("have plugins of their own, and one that fails leaves the template as it was", async () => {
      const program = await dumpCase("lone-task");
      const template = await templateOf(program);
      const seen: string[] = [];
      const failing = definePlugin({
        name: "failing",
        apply({ clone, stages }) {
          seen.push(`${clone?.number} ${clone?.values["name"]}`);
          stages.RESTORE_CREDS.task.tap("failing", () => {
            throw new Error("not this one");
          });
        },
      });
      const before = new Set([...readProcesses()].map(({ pid }) => pid));
      await expect(template.restore({ plugins: [failing], values: { name: "first" } })).rejects.toMatchObject({
        code: "ERR_PLUGIN",
        stage: "RESTORE_CREDS",
      });
      const made = () => [...readProcesses()].filter(({ pid }) => !before.has(pid));
      await until(() => made().length === 0, "nothing of the clone is left");
      expect(seen).toEqual(["1 first"]);
      await clone(template);
      expect(await verdictOf(program)).toBe("pass");
    });

    it("are left whole when the process is killed before the next one runs", async () => {
      const program = await dumpCase("family");
      const before = new Set([...readProcesses()].map(({ pid }) => pid));
      const [command, ...words] = commandFor(join(import.meta.dirname, "clone-and-die.ts"), program.images, "COMPLETE");
      const { signal, stdout, stderr } = spawnSync(command, words, { encoding: "utf8", timeout: 300_000 });
      expect(signal, stderr).toBe("SIGKILL");
      const { child, tasks } = JSON.parse(stdout) as RestoredTree;
      onTestFinished(() => kill(child));
      const whole = new Set([child, ...tasks]);
      const others = () => [...readProcesses()].filter(({ pid }) => !before.has(pid) && !whole.has(pid));
      await until(() => others().length === 0, "nothing is left but the first clone");
      expect(tasks.every(isRunning)).toBe(true);
      expect(await verdictOf(program)).toBe("pass");
    });
  },
  undefined,
  ["Restage"],
);
