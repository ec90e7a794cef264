import { describe, expect, it, vi } from "vitest";
import { definePlugin } from "../src/plugin/plugin.ts";
import { defineService } from "../src/plugin/service.ts";
import { prepare } from "../src/restore/template.ts";
import { checkpointInMemory, type Inventions, RecordingKernel, scaffold } from "../src/testing/mod.ts";
import { failureOf } from "./support.ts";

const NUMBER = defineService<number>("number");

/** A template of a task, how often its images were read, and what plugins have seen. */
async function templateOf(host: Inventions = {}) {
  const seen: string[] = [];
  const source = checkpointInMemory({ task: { pid: 7 } });
  const read = vi.spyOn(source, "read");
  const plugin = definePlugin({
    name: "watching",
    apply({ imageSource, entries, template, commit, clone }) {
      imageSource.tap("watching", () => source);
      entries.pstree.tap("watching", (entry) => {
        seen.push(`entry of ${clone?.number}`);
        return entry;
      });
      template.tap("watching", ({ keep }) => keep(NUMBER, 42));
      commit.tap(
        "watching",
        () => void seen.push(`commit of ${clone?.number} ${clone?.kept(NUMBER)} ${clone?.values["who"]}`),
      );
    },
  });
  const kernel = new RecordingKernel(host);
  const template = await prepare({ images: "memory", plugins: [plugin] }, kernel, scaffold());
  return { template, kernel, seen, reads: () => read.mock.calls.length };
}

describe("a template", () => {
  it("reads its images once; entries pass the hooks of each clone", async () => {
    const { template, seen, reads } = await templateOf();
    await template.restore({ values: { who: "ann" } });
    const before = reads();
    await template.restore();
    expect(reads()).toBe(before);
    expect(seen).toEqual([
      "entry of undefined",
      "entry of 1",
      "commit of 1 42 ann",
      "entry of 2",
      "commit of 2 42 undefined",
    ]);
  });

  it("makes clones one after the other, also when several are asked for at once", async () => {
    const { template, seen } = await templateOf();
    await Promise.all([template.restore(), template.restore()]);
    expect(seen.filter((line) => line.startsWith("commit"))).toEqual([
      "commit of 1 42 undefined",
      "commit of 2 42 undefined",
    ]);
  });

  it("makes another clone after one that failed", async () => {
    const { template, seen } = await templateOf();
    const failing = definePlugin({
      name: "failing",
      apply: ({ stages }) =>
        stages.RESTORE.task.tap("failing", () => {
          throw new Error("no");
        }),
    });
    expect(await failureOf(template.restore({ plugins: [failing] }))).toMatchObject({ code: "ERR_PLUGIN" });
    await template.restore();
    expect(seen.at(-1)).toBe("commit of 2 42 undefined");
  });

  it("refuses siblings of this process, and clones when it is closed", async () => {
    const { template } = await templateOf();
    const sibling = { sibling: true } as object;
    expect(await failureOf(template.restore(sibling))).toMatchObject({ code: "ERR_TEMPLATE" });
    await template.close();
    expect(await failureOf(template.restore())).toMatchObject({ code: "ERR_TEMPLATE" });
  });

  it("that cannot be made leaves no stub", async () => {
    const failing = definePlugin({
      name: "failing",
      apply({ imageSource, template }) {
        imageSource.tap("failing", () => checkpointInMemory({ task: { pid: 7 } }));
        template.tap("failing", () => {
          throw new Error("no");
        });
      },
    });
    const kernel = new RecordingKernel();
    const failure = await failureOf(prepare({ images: "memory", plugins: [failing] }, kernel, scaffold()));
    expect(failure).toMatchObject({ code: "ERR_PLUGIN" });
    expect(kernel.records.map(({ kind }) => kind)).toContain("kill-all");
    expect(kernel.records.map(({ kind }) => kind)).not.toContain("keep-stub");
  });
});
