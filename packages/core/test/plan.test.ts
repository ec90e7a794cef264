import { describe, expect, it } from "vitest";
import { checkpointInMemory, ImagesInMemory, image, rehearse } from "../src/testing/mod.ts";
import { plugin } from "./support.ts";

const refusing = (name: string, ...what: readonly string[]) =>
  plugin(name, ({ plan }) => {
    plan.tap(name, (found) => {
      for (const each of what)
        found.refuse({ what: each, why: "it is not restored yet", hint: `${each} away`, pid: 100 });
    });
  });

describe("a plan", () => {
  it("reports the findings of all plugins at once, before the kernel is asked for anything", async () => {
    const { error, kernel, restored } = await rehearse({ plugins: [refusing("a", "x", "y"), refusing("b", "z")] });
    expect(error?.code).toBe("ERR_REFUSED");
    expect(error?.failures.map(({ code, message, plugin, hint, pid }) => [code, message, plugin, hint, pid])).toEqual([
      ["ERR_REFUSED", "x: it is not restored yet", "a", "x away", 100],
      ["ERR_REFUSED", "y: it is not restored yet", "a", "y away", 100],
      ["ERR_REFUSED", "z: it is not restored yet", "b", "z away", 100],
    ]);
    expect(kernel.records).toEqual([]);
    expect(restored).toBeUndefined();
  });

  it("reports a single finding unwrapped", async () => {
    const { error } = await rehearse({ plugins: [refusing("a", "x")] });
    expect(error).toMatchObject({ code: "ERR_REFUSED", message: "x: it is not restored yet", plugin: "a", pid: 100 });
    expect(error?.failures).toEqual([]);
  });

  it("reports warnings and continues", async () => {
    const warns = plugin("warns", ({ plan }) =>
      plan.tap("warns", (found) => found.warn({ what: "clocks", why: "they will jump" })),
    );
    const { error, events, plan } = await rehearse({ plugins: [warns] });
    expect(error?.describe()).toBeUndefined();
    const finding = { severity: "warning", what: "clocks", why: "they will jump", plugin: "warns" };
    expect(plan?.findings).toEqual([finding]);
    expect(events[0]?.kind === "tap" ? events.find(({ kind }) => kind === "planned") : events[0]).toMatchObject({
      findings: [finding],
      tasks: 1,
    });
  });

  it("reports a missing capability once, with everything that it prevents, and refuses if one of the reports does", async () => {
    const lacking = (name: string, severity: "refused" | "warning") =>
      plugin(name, ({ plan }) =>
        plan.tap(name, (found) => {
          for (const clock of ["a clock", "a clock", `the clock of ${name}`])
            found.lacks("CAP_SYS_TIME", severity, `${clock} jumps`);
        }),
      );
    const { error, kernel } = await rehearse({ plugins: [lacking("warns", "warning"), lacking("refuses", "refused")] });
    expect(error).toMatchObject({
      code: "ERR_REFUSED",
      plugin: "refuses",
      message:
        "CAP_SYS_TIME: this process does not have it: a clock jumps; the clock of warns jumps; the clock of refuses jumps",
      hint: "give this process CAP_SYS_TIME; in a container: --cap-add SYS_TIME",
    });
    expect(error?.failures).toEqual([]);
    expect(kernel.records).toEqual([]);
  });

  it("lists the surviving tasks and fills in default options", async () => {
    const task = {
      pid: 7,
      children: [
        { pid: 8, kind: "zombie" },
        { pid: 9, kind: "stopped" },
      ],
    } as const;
    const { plan } = await rehearse({ plugins: [], task, options: { detached: true } });
    expect(plan?.survivors.map(({ pid }) => pid)).toEqual([7, 9]);
    expect(plan?.options).toMatchObject({ detached: true, leaveStopped: false, images: "memory" });
  });

  it("gives each service the lowest descriptor that no task uses, and always the same one", async () => {
    const descriptors = [0, 1, 3].map((fd) => ({ fd, id: 3 }));
    const task = {
      descriptors,
      children: [
        {
          descriptors: [
            { fd: 2, id: 3 },
            { fd: 5, id: 3 },
          ],
        },
      ],
    };
    const { plan } = await rehearse({ plugins: [], task, files: [{ id: 3, reg: { name: "/x" } }] });
    const numbers = [plan?.serviceDescriptors.number("images"), plan?.serviceDescriptors.number("transport")];
    expect([...numbers].sort()).toEqual([4, 6]);
    expect(plan?.serviceDescriptors.number("images")).toBe(numbers[0]);
  });
});

describe("the process tree", () => {
  const withTree = (entries: Parameters<typeof image<"pstree">>[1], more: readonly ReturnType<typeof image>[] = []) =>
    rehearse({ plugins: [], task: { pid: 7, children: [{ pid: 8 }] }, images: [image("pstree", entries), ...more] });
  const entry = (pid: number, ppid: number, threads = [pid]) => ({ pid, ppid, pgid: 7, sid: 7, threads });

  it.each([
    ["there is no task", [], /pstree.img: .* it is empty/],
    ["there are two roots", [entry(7, 0), entry(8, 0)], /second root/],
    ["a parent does not come first", [entry(7, 0), entry(8, 9)], /parent 9/],
    ["a pid occurs twice", [entry(7, 0), entry(7, 7)], /twice/],
    ["the first thread belongs to another task", [entry(7, 0), entry(8, 7, [7])], /first thread is 7/],
    ["a core image is missing", [entry(7, 0), entry(9, 7)], /core-9\.img/],
  ])("is refused when %s", async (_what, entries, message) => {
    const { error, kernel } = await withTree(entries);
    expect(error).toMatchObject({ code: "ERR_IMAGE" });
    expect(error?.message).toMatch(message);
    expect(error?.entry).toMatch(/\.img/);
    expect(kernel.records).toEqual([]);
  });

  it("is refused with all images that are damaged or missing, before any plugin plans", async () => {
    const cut = { fileName: "fs-7.img", bytes: new Uint8Array(3) };
    const strange = { fileName: "files.img", bytes: new Uint8Array(16) };
    const never = plugin("never", ({ plan }) => plan.tap("never", () => expect.unreachable()));
    const pstree = image("pstree", [entry(7, 0), entry(9, 7)]);
    const { error } = await rehearse({ plugins: [never], task: { pid: 7 }, images: [cut, strange, pstree] });
    expect(error).toMatchObject({
      code: "ERR_IMAGE",
      message: expect.stringContaining("3 images are damaged or missing"),
    });
    expect(error?.failures.map((failure) => failure.entry?.split(":", 1)[0])).toEqual([
      "files.img",
      "fs-7.img",
      "core-9.img",
    ]);
  });

  it("is refused when a task has an unknown state", async () => {
    const { error } = await rehearse({ plugins: [], task: { pid: 7, core: { tc: { task_state: 77 } } } });
    expect(error).toMatchObject({ code: "ERR_IMAGE", pid: 7, entry: "core-7.img" });
  });

  it("lists parents before children and leaders before other threads, with the kind of each task", async () => {
    const task = {
      pid: 7,
      threads: [{ tid: 71 }],
      children: [
        { pid: 8, kind: "zombie" },
        { pid: 9, children: [{ pid: 10, kind: "stopped" }] },
      ],
    } as const;
    const { plan } = await rehearse({ plugins: [], task });
    const tree = plan?.tree;
    expect(tree?.tasks.map(({ pid, kind, parent }) => [pid, kind, parent?.pid])).toEqual([
      [7, "alive", undefined],
      [8, "zombie", 7],
      [9, "alive", 7],
      [10, "stopped", 9],
    ]);
    expect(tree?.root.threads.map(({ tid, isLeader }) => [tid, isLeader])).toEqual([
      [7, true],
      [71, false],
    ]);
    expect(tree?.byPid(9)?.children.map(({ pid }) => pid)).toEqual([10]);
    expect(tree?.byPid(77)).toBeUndefined();
  });
});

describe("entry hooks", () => {
  const FILES = [
    { id: 3, reg: { name: "/old/a" } },
    { id: 4, reg: { name: "/old/b" } },
    { id: 5, pipe: { pipe_id: 1 } },
  ];

  it("change entries before they are read; entries of files.img go to the hook of their inner kind", async () => {
    const places: unknown[] = [];
    const remap = plugin("remap", ({ entries }) => {
      entries.reg_files.tap("remap", (file, place) => {
        places.push(place);
        return { ...file, name: file.name.replace("/old", "/new") };
      });
      entries.core.tap("remap", (core, { file }) =>
        core.tc === undefined ? core : { ...core, tc: { ...core.tc, comm: file } },
      );
    });
    const { plan } = await rehearse({ plugins: [remap], task: { pid: 7 }, files: FILES });
    expect(plan?.images.file(3, "a test").reg?.name).toBe("/new/a");
    expect(plan?.images.file(4, "a test").reg?.name).toBe("/new/b");
    expect(plan?.images.file(5, "a test").pipe?.pipe_id).toBe(1);
    expect(plan?.tree.root.core.tc?.comm).toBe("core-7.img");
    expect(places).toContainEqual(expect.objectContaining({ file: "files.img", index: 3 }));
  });

  it("pass each entry from tap to tap once", async () => {
    const seen: string[] = [];
    const adding = (name: string) =>
      plugin(name, ({ entries }) => {
        entries.reg_files.tap(name, (file) => {
          if (file.id === 3) seen.push(`${name} ${file.name}`);
          return file.id === 3 ? { ...file, name: `${file.name}+` } : file;
        });
      });
    const { plan } = await rehearse({ plugins: [adding("a"), adding("b")], files: FILES });
    expect(plan?.images.files.get(3)?.reg?.name).toBe("/old/a++");
    expect(plan?.images.files.get(3)?.reg?.name).toBe("/old/a++");
    expect(seen).toEqual(["a /old/a", "b /old/a+"]);
  });
});

describe("images", () => {
  it("come from the first plugin that provides an image source", async () => {
    const asked: string[] = [];
    const source = (name: string, pid: number | undefined) =>
      plugin(name, ({ imageSource }) => {
        imageSource.tap(name, ({ location }) => {
          asked.push(`${name} ${location}`);
          return pid === undefined ? undefined : checkpointInMemory({ task: { pid } });
        });
      });
    const { restored } = await rehearse({ plugins: [source("a", undefined), source("b", 42), source("c", 43)] });
    expect(restored?.pid).toBe(42);
    expect(asked).toEqual(["a memory", "b memory"]);
  });

  it("that are missing or damaged fail with ERR_IMAGE, which names the file", async () => {
    const empty = plugin("empty", ({ imageSource }) => imageSource.tap("empty", () => new ImagesInMemory([])));
    expect((await rehearse({ plugins: [empty] })).error).toMatchObject({ code: "ERR_IMAGE" });
    const broken = { fileName: "pstree.img", bytes: Uint8Array.of(1, 2, 3) };
    const { error } = await rehearse({ plugins: [], images: [broken] });
    expect(error).toMatchObject({ code: "ERR_IMAGE", entry: "pstree.img" });
  });

  it("are refused when two files share an ID", async () => {
    const twice = image("files", [
      { id: 3, type: 1 },
      { id: 3, type: 1 },
    ]);
    const { plan } = await rehearse({ plugins: [], images: [twice] });
    expect(() => plan?.images.files).toThrow(/two entries have the id 3/);
    const { plan: other } = await rehearse({ plugins: [] });
    expect(() => other?.images.file(99, "fdinfo-1.img")).toThrow(/file 99.*fdinfo-1\.img/);
  });
});
