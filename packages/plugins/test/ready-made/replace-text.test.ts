import { type TaskInvention, testPlan, testPlugin } from "@restage/core/testing";
import { describe, expect, it } from "vitest";
import { type ReplaceTextOptions, replaceText } from "../../src/mod.ts";

const START = 0x10000n;

/** What the plugin writes, without the beginning of the lines. */
async function writes(texts: Record<string, string>, task: TaskInvention, options?: ReplaceTextOptions) {
  const lines = await testPlugin(replaceText(texts, options), { stage: "RESTORE", task });
  return lines.map((line) => line.replace("RESTORE replace-text: ", ""));
}

const inMemory = (content: string, at = 0): TaskInvention => ({
  pid: 7,
  memory: [{ start: START, content: `${"-".repeat(at)}${content}` }],
});

describe("replaceText", () => {
  it("writes the new text over the old one, wherever it is", async () => {
    const task = inMemory("token=old-secret\0again=old-secret\0", 16);
    expect(await writes({ "old-secret": "new-secret" }, task)).toEqual([
      '7 copy(0x10016, "new-secret")',
      '7 copy(0x10027, "new-secret")',
    ]);
  });

  it("fills up a shorter one with NULs, or with the padding", async () => {
    const task = inMemory("old-secret");
    expect(await writes({ "old-secret": "shorter" }, task)).toEqual(['7 copy(0x10000, "shorter\\0\\0\\0")']);
    expect(await writes({ "old-secret": "shorter" }, task, { padding: " " })).toEqual([
      '7 copy(0x10000, "shorter   ")',
    ]);
  });

  it("finds a text that crosses the end of a page, and of a window", async () => {
    const [page, window] = [4096 - 4, 4 * 1024 * 1024 - 4];
    expect(await writes({ "old-secret": "new-secret" }, inMemory("old-secret", page))).toEqual([
      '7 copy(0x10ffc, "new-secret")',
    ]);
    expect(await writes({ "old-secret": "new-secret" }, inMemory("old-secret", window))).toHaveLength(1);
  });

  it("finds a text that crosses from one mapping into the next", async () => {
    const border = START + 4096n;
    const vmas = [
      { start: START, end: border },
      { start: border, end: border + 4096n },
    ];
    const task = { ...inMemory("old-secret", 4092), vmas };
    expect(await writes({ "old-secret": "new-secret" }, task)).toEqual(['7 copy(0x10ffc, "new-secret")']);
    const onlyOne = { mappings: ({ start }: { start: bigint }) => start === START, ifMissing: "accept" } as const;
    expect(await writes({ "old-secret": "new-secret" }, task, onlyOne)).toEqual([]);
  });

  it("prefers the longest of several texts, and does not replace what it has written", async () => {
    const texts = { secret: "SECRET", "secret-of-all": "secret-of-one" };
    expect(await writes(texts, inMemory("secret-of-all secret"))).toEqual([
      '7 copy(0x10000, "secret-of-one")',
      '7 copy(0x1000e, "SECRET")',
    ]);
  });

  it("searches the chosen tasks", async () => {
    const task = { ...inMemory("old-secret"), children: [{ ...inMemory("old-secret"), pid: 8 }] };
    const texts = { "old-secret": "new-secret" };
    expect((await writes(texts, task)).sort()).toEqual([
      '7 copy(0x10000, "new-secret")',
      '8 copy(0x10000, "new-secret")',
    ]);
    expect(await writes(texts, task, { tasks: ({ pid }) => pid === 8 })).toEqual(['8 copy(0x10000, "new-secret")']);
  });

  it("refuses a text that is nowhere, without revealing it", async () => {
    const plan = (options?: ReplaceTextOptions) =>
      testPlan(replaceText({ "absent-secret": "new-secret" }, options), { task: inMemory("old-secret") });
    const finding = { what: 'text "abse…"', why: "it is not in the private memory of the tasks" };
    expect(await plan()).toEqual([expect.objectContaining({ ...finding, severity: "refused" })]);
    expect(await plan({ ifMissing: "warn" })).toEqual([expect.objectContaining({ ...finding, severity: "warning" })]);
    expect(await plan({ ifMissing: "accept" })).toEqual([]);
  });

  it("names a text whose replacement is longer, and one without a replacement", () => {
    expect(() => replaceText({ "old-secret": "longer-secret" })).toThrow(
      'Cannot replace text "old-…": its replacement has 13 bytes, and there is room for 10',
    );
    expect(() => replaceText({ "old-secret": undefined as never })).toThrow("its replacement is undefined");
    expect(() => replaceText({ "": "" })).toThrow("Cannot replace an empty text");
  });
});
