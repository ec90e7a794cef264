import { describe, expect, it } from "vitest";
import { RestoreError } from "../src/errors.ts";
import { choosePlugins } from "../src/plugin/choose-plugins.ts";
import { definePlugin, type Plugin } from "../src/plugin/plugin.ts";
import { PluginDriver } from "../src/plugin/plugin-driver.ts";
import { ProgramBuilder } from "../src/program/program-builder.ts";
import { RESTORE } from "../src/restore/direction.ts";
import type { Plan } from "../src/restore/plan.ts";
import { rehearse, rehearseDump, testDump } from "../src/testing/mod.ts";
import { plugin } from "./support.ts";

// biome-ignore lint/suspicious/noExplicitAny: the names that types forbid
type Untyped = any;

const nothing = () => {};

function errorOf(make: () => unknown): Error {
  try {
    make();
  } catch (error) {
    return error as Error;
  }
  throw new Error("Nothing was thrown");
}

const drive = (chosen: readonly Plugin[]) => new PluginDriver(RESTORE, [], chosen, nothing);

describe("a name that does not exist is an error with the nearest name", () => {
  it.each<[string, string, (hooks: never) => void]>([
    ["There is no image kind entries.reg_file", "entries.reg_files", (hooks: Untyped) => hooks.entries.reg_file],
    ["There is no file type FIFOO", "FIFO", (hooks: Untyped) => hooks.openFile.for("FIFOO")],
    ["There is no file type PIPES", "PIPE", (hooks: Untyped) => hooks.fileGroup.for("PIPES")],
    ["There is no file type inetsk", "INETSK", (hooks: Untyped) => hooks.fileNeeds.for("inetsk")],
    ["There is no stage stages.RESTOR", "stages.RESTORE", (hooks: Untyped) => hooks.stages.RESTOR],
    ["There is no hook stages.RESTORE.tsk", "stages.RESTORE.task", (hooks: Untyped) => hooks.stages.RESTORE.tsk],
    ["There is no hook comit", "commit", ({ comit }: Untyped) => comit],
  ] as never)("in a restore: %s", async (message, meant, apply) => {
    const { error, kernel } = await rehearse({ plugins: [plugin("wrong", apply as never)] });
    expect(error).toMatchObject({ code: "ERR_PLUGIN", message, plugin: "wrong" });
    expect(error?.hint).toBe(`did you mean ${meant}?`);
    expect(kernel.records).toEqual([]);
  });

  it.each<[string, string, (hooks: never) => void]>([
    ["There is no phase phases.colect", "phases.collect", (hooks: Untyped) => hooks.phases.colect],
    ["There is no hook phases.query.threads", "phases.query.thread", (hooks: Untyped) => hooks.phases.query.threads],
    ["There is no hook describeFiles", "describeFile", ({ describeFiles }: Untyped) => describeFiles],
  ] as never)("in a checkpoint: %s", async (message, meant, dump) => {
    const { error } = await rehearseDump({ plugins: [definePlugin({ name: "wrong", dump: dump as never })] });
    expect(error).toMatchObject({ code: "ERR_PLUGIN", message, plugin: "wrong" });
    expect(error?.hint).toBe(`did you mean ${meant}?`);
  });

  it("as a member of a plugin, which would otherwise tap nothing", () => {
    const wrong = { name: "wrong", aply: nothing } as unknown as Plugin;
    expect(errorOf(() => drive([wrong]))).toMatchObject({
      code: "ERR_PLUGIN",
      message: "Cannot use plugins[0]: wrong has an unknown member aply",
      hint: "did you mean apply?",
    });
  });

  it("as a duty, which would otherwise replace nothing", () => {
    const defaults = [plugin("first", nothing, { duty: "scheduling" })];
    const claim = (duty: string) => errorOf(() => choosePlugins(defaults, [plugin("mine", nothing, { duty })]));
    expect(claim("schduling")).toMatchObject({ code: "ERR_DUTY_MISSING", hint: "did you mean scheduling?" });
    expect(choosePlugins(defaults, [plugin("mine", nothing, { duty: "something-else" })]).length).toBe(2);
    const needs = errorOf(() => choosePlugins(defaults, [plugin("mine", nothing, { needs: ["schedulin"] })]));
    expect(needs).toMatchObject({ code: "ERR_DUTY_MISSING", hint: "did you mean scheduling?" });
  });

  it("as an error that a call tolerates", () => {
    const { call } = new ProgramBuilder(async () => {});
    expect(() => call.getpid().allow("EPRM" as never)).toThrow(/EPRM.*did you mean EPERM\?/);
  });
});

describe("a call with an argument that is not there", () => {
  const { call } = new ProgramBuilder(async () => {});
  it.each<[string, () => unknown]>([
    ["kill(pid, signal): pid is undefined", () => call.kill(undefined as never, 9)],
    ["kill(pid, signal): signal is NaN, not an integer", () => call.kill(7, Number.NaN)],
    ["kill(pid, signal): it takes 2 arguments, not 0", () => (call.kill as () => unknown)()],
    ['close(fd): fd is "3", not a number', () => call.close("3" as never)],
    ["chdir(path): path is 3, not a string", () => call.chdir(3 as never)],
    ["setgroups(count, groups): groups is undefined", () => call.setgroups(1, [undefined as never])],
    [
      "preadv(fd, ranges, count, offset, offsetHigh): ranges is undefined",
      () => call.preadv(3, [{ address: 0n, length: undefined as never }]),
    ],
  ])("is not recorded: %s", (message, record) => {
    expect(errorOf(record)).toMatchObject({ name: "TypeError", message: `Cannot record ${message}` });
  });

  it("is not made by the coordinator", async () => {
    const kills = plugin("kills", ({ plan }) =>
      plan.tap("kills", ({ host }) => void host.call.kill(undefined as never, 9)),
    );
    const { error, kernel } = await rehearse({ plugins: [kills] });
    expect(error).toMatchObject({ code: "ERR_PLUGIN", plugin: "kills" });
    expect(kernel.records.filter(({ kind }) => kind === "host-call")).toEqual([]);
  });
});

describe("an entry that a tap returns and that does not fit its kind is an error of the plugin", () => {
  const changing = (kind: string, change: (entry: Untyped) => unknown) =>
    plugin("wrong", ({ entries, plan }: Untyped) => {
      entries[kind].tap("x", change);
      plan.tap("x", ({ images }: Plan) => [images.files, images.value("mm", 7)]);
    });

  it.each<[string, string, string | undefined, (entry: Untyped) => unknown]>([
    [
      "inetsk",
      "an entry with the field src_prt, which inetsk does not have",
      "did you mean src_port?",
      (socket) => ({ ...socket, src_prt: 9090 }),
    ],
    [
      "inetsk",
      'an entry whose inetsk.src_port is "9090", not a number',
      undefined,
      (socket) => ({ ...socket, src_port: "9090" }),
    ],
    [
      "inetsk",
      "an entry whose inetsk.src_port is 1.5, not an integer",
      undefined,
      (socket) => ({ ...socket, src_port: 1.5 }),
    ],
    [
      "inetsk",
      "an entry whose inetsk.src_addr[1] is 1, not a number",
      undefined,
      (socket) => ({ ...socket, src_addr: [0, 1n] }),
    ],
    ["inetsk", "an entry whose inetsk.src_port is missing", undefined, ({ src_port: _, ...socket }) => socket],
    ["inetsk", "undefined", "return the entry, changed or not", () => undefined],
    [
      "core",
      "an entry with the field com, which core.tc does not have",
      "did you mean comm?",
      (core) => ({ ...core, tc: { ...core.tc, com: "x" } }),
    ],
    [
      "core",
      "an entry whose core.tc.blk_sigset is 5, not a bigint",
      undefined,
      (core) => ({ ...core, tc: { ...core.tc, blk_sigset: 5 } }),
    ],
    [
      "mm",
      "an entry whose mm.vmas[0].start is 5, not a bigint",
      undefined,
      (mm) => ({ ...mm, vmas: [{ start: 5 }, ...mm.vmas] }),
    ],
  ])("%s: %s", async (kind, problem, hint, change) => {
    const files = [{ id: 3, isk: { src_port: 8080 } }];
    const { error, kernel } = await rehearse({ plugins: [changing(kind, change)], task: { pid: 7 }, files });
    expect(error).toMatchObject({ code: "ERR_PLUGIN", message: `Tap x of entries.${kind} returned ${problem}`, hint });
    expect(error?.thrownBy).toMatchObject({ name: "wrong", hook: `entries.${kind}` });
    expect(error?.thrownBy?.place).toMatch(/mistakes\.test\.ts:\d+$/);
    expect(kernel.records).toEqual([]);
  });

  it("unless the tap has only passed it on", async () => {
    const changed = changing("inetsk", (socket) => ({ ...socket, src_port: 9090, ifname: undefined }));
    const files = [{ id: 3, isk: { src_port: 8080, other: 1 } as object }];
    const passed = changing("inetsk", (socket) => socket);
    const { error } = await rehearse({ plugins: [changed, passed], task: { pid: 7 }, files });
    expect(error).toBeUndefined();
  });
});

it("a description of a file type that does not exist is an error of the plugin that made it", async () => {
  const wrong = definePlugin({
    name: "wrong",
    dump: ({ describeFile }) => describeFile.tap("wrong", () => ({ type: 77 })),
  });
  const { error } = await testDump(wrong, { task: { pid: 7, descriptors: { 3: { link: "/dev/x" } } } });
  expect(error).toBeInstanceOf(RestoreError);
  expect(error).toMatchObject({ code: "ERR_PLUGIN", plugin: "wrong" });
  expect(error?.message).toContain("file type 77, which does not exist");
});
