import { definePlugin, type Plugin, type RestorePluginContext, STAGES } from "@restage/core";
import { createRestoreHooks } from "@restage/core/restore";
import { image, rehearse, type TaskInvention } from "@restage/core/testing";
import { describe, expect, it } from "vitest";
import { defaultPlugins } from "../src/default-restore-plugins.ts";
import { transportPidfd } from "../src/transport/pidfd/restore.ts";

const labelOf = ({ duty, name }: Plugin): string => duty ?? name;
/** The clocks: without them the plan warns. */
const CLOCKS = image("timens", [{ monotonic: { tv_sec: 5n }, boottime: { tv_sec: 6n } }], 0);

/** In which stages a plugin taps a hook that does something. */
function tappedStages(plugin: Plugin): { readonly stages: ReadonlySet<string>; readonly opensFiles: boolean } {
  const hooks = createRestoreHooks();
  const context: RestorePluginContext = {
    ...hooks,
    clone: undefined,
    provide: () => {},
    service: () => {
      throw new Error("Services are for taps");
    },
  };
  let opensFiles = false;
  const openFile = new Proxy(hooks.openFile, {
    get(target, name) {
      if (name === "for") opensFiles = true;
      const member = Reflect.get(target, name);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
  plugin.apply?.({ ...context, openFile });
  const stages = STAGES.map(({ name }) => name).filter((name) =>
    Object.values(hooks.stages[name]).some(({ taps }) => taps.length > 0),
  );
  return { stages: new Set(stages), opensFiles: opensFiles || hooks.filesOpened.taps.length > 0 };
}

describe("the default plugins", () => {
  const plugins = defaultPlugins();

  it("claim one duty each, and no duty is claimed twice", () => {
    const duties = plugins.map(({ duty }) => duty);
    expect(duties).not.toContain(undefined);
    expect(new Set(duties).size).toBe(duties.length);
  });

  it.each(plugins.map((plugin) => [labelOf(plugin), plugin] as const))(
    "say of %s what it does in each stage that it works in",
    (_name, plugin) => {
      const { stages, opensFiles } = tappedStages(plugin);
      const said = Object.keys(plugin.stages ?? {});
      // A service may be what works in a stage, and RESTORE is where files are opened.
      const silent = [...stages].filter((stage) => !said.includes(stage));
      const groundless = said.filter((stage) => !stages.has(stage) && !opensFiles && plugin.provides === undefined);
      // Taps that only look ahead need no words, as long as the plugin says where it works.
      expect(silent.filter(() => said.length === 0)).toEqual([]);
      expect(groundless).toEqual([]);
    },
  );

  it("are new ones each time: what one restore leaves is not in the next", () => {
    const again = defaultPlugins();
    for (const [index, plugin] of plugins.entries()) expect(again[index]).not.toBe(plugin);
  });
});

const FILES = [
  { id: 3, reg: { name: "/var/log/app", flags: 0o2001 } },
  { id: 4, pipe: { pipe_id: 9, flags: 0 } },
  { id: 5, pipe: { pipe_id: 9, flags: 1 } },
];

const TREES: readonly (readonly [string, TaskInvention])[] = [
  ["one task", { pid: 7 }],
  ["threads", { pid: 7, threads: [{ tid: 71 }, { tid: 72 }] }],
  [
    "children",
    {
      pid: 7,
      children: [
        { pid: 8, children: [{ pid: 9 }] },
        { pid: 10, pgid: 10 },
        { pid: 11, pgid: 10 },
      ],
    },
  ],
  ["a zombie", { pid: 7, children: [{ pid: 8, kind: "zombie", core: { tc: { exit_code: 0x2a00 } } }] }],
  ["a stopped task", { pid: 7, children: [{ pid: 8, kind: "stopped" }] }],
  ["sessions", { pid: 7, children: [{ pid: 8, sid: 8, pgid: 8, children: [{ pid: 9, sid: 7, pgid: 7 }] }] }],
  ["a session whose leader is gone", { pid: 7, children: [{ pid: 8, sid: 500, pgid: 500 }] }],
  [
    "files that are shared",
    {
      pid: 7,
      descriptors: [{ id: 3 }, { id: 4 }],
      children: [
        { pid: 8, descriptors: [{ id: 3 }, { id: 5 }], children: [{ pid: 9, descriptors: [{ id: 3 }, { id: 5 }] }] },
        { pid: 10, descriptors: [{ id: 4 }, { id: 3 }] },
      ],
    },
  ],
  [
    "memory",
    {
      pid: 7,
      vmas: [{ start: 0x10000n, end: 0x30000n }],
      children: [{ pid: 8, vmas: [{ start: 0x10000n, end: 0x30000n }] }],
    },
  ],
];

describe.each(TREES)("a tree with %s", (_name, task) => {
  it("comes through a rehearsal of the default plugins", async () => {
    const { error, kernel, plan, lines } = await rehearse({
      plugins: [],
      defaults: defaultPlugins(),
      task,
      files: FILES,
      images: [CLOCKS],
    });
    expect(error?.describe()).toBeUndefined();
    expect(plan?.findings.filter(({ severity }) => severity === "refused")).toEqual([]);
    const survivors = plan?.survivors.flatMap(({ threads }) => threads.map(({ tid }) => tid)) ?? [];
    expect([...kernel.resumed].sort()).toEqual([...survivors].sort());
    // Everybody has the registers of the image.
    expect([...kernel.finalStates.keys()].sort()).toEqual([...survivors].sort());
    // Those that do not go on have ended, each once.
    const ended = kernel.records.flatMap((record) => (record.kind === "end" ? [record.tracee.tid] : []));
    const others = plan?.tree.tasks.filter((each) => !each.survives).map(({ pid }) => pid) ?? [];
    expect([...ended].sort()).toEqual([...others].sort());
    const known = new Set([...defaultPlugins().map(labelOf), "core"]);
    expect([...new Set(lines.map(({ plugin }) => plugin))].filter((plugin) => !known.has(plugin))).toEqual([]);
  });

  it("ends with no descriptor of the restore's own in any task", async () => {
    const { lines, plan } = await rehearse({
      plugins: [],
      defaults: defaultPlugins(),
      task,
      files: FILES,
      images: [CLOCKS],
    });
    const images = plan?.serviceDescriptors.number("images");
    for (const { pid } of plan?.survivors ?? []) {
      const closed = lines.filter(
        ({ who, stage, text }) => who === pid && stage === "COMPLETE" && text.startsWith(`close(${images})`),
      );
      expect(closed).toHaveLength(1);
    }
  });
});

describe("the transport", () => {
  const task = TREES.find(([name]) => name === "files that are shared")?.[1] ?? {};
  const run = (plugins: readonly Plugin[]) =>
    rehearse({ plugins, defaults: defaultPlugins(), task, files: FILES, images: [CLOCKS] });

  it("may be replaced: descriptors end up at the same numbers", async () => {
    const [sockets, pidfd] = [await run([]), await run([transportPidfd()])];
    expect(sockets.error?.describe()).toBeUndefined();
    expect(pidfd.error?.describe()).toBeUndefined();
    const calls = ({ lines }: typeof sockets, name: string) =>
      lines.filter(({ text }) => text.includes(`${name}(`)).length;
    expect(calls(sockets, "sendmsg")).toBeGreaterThan(0);
    expect(calls(sockets, "pidfd_getfd")).toBe(0);
    expect(calls(pidfd, "sendmsg")).toBe(0);
    expect(calls(pidfd, "pidfd_getfd")).toBeGreaterThan(0);
    // What is placed in RESTORE, by task: the second argument of dup3.
    const placed = ({ lines }: typeof sockets) =>
      lines
        .filter(
          ({ stage, plugin, text }) => stage === "RESTORE" && plugin === "descriptors" && text.startsWith("dup3("),
        )
        .map(({ who, text }) => `${who} ${text.split(", ")[1]}`)
        .sort();
    expect(placed(pidfd)).toEqual(placed(sockets));
    expect(placed(sockets)).toEqual(["10 0", "10 1", "7 0", "7 1", "8 0", "8 1", "9 0", "9 1"]);
  });

  it("is needed: without it nothing is restored", async () => {
    const { error } = await run([definePlugin({ name: "no-transport", duty: "transport", apply() {} })]);
    expect(error).toMatchObject({ code: "ERR_DUTY_MISSING" });
    expect(error?.message).toContain("transport");
  });
});
