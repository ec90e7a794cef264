import { describe, expect, it } from "vitest";
import { RecordingKernel } from "../src/dry-run/mod.ts";
import { definePlugin } from "../src/plugin/plugin.ts";
import { defineService } from "../src/plugin/service.ts";
import { restore } from "../src/restore/restore.ts";
import { checkpointInMemory, rehearse, rehearseDump, scaffold } from "../src/testing/mod.ts";
import { never, plugin, recorder } from "./support.ts";

const HERE = /^\/.*packages\/core\/test\/trust\.test\.ts:\d+$/;

describe("a dry run", () => {
  const images = plugin("images", ({ imageSource }) =>
    imageSource.tap("images", () => checkpointInMemory({ task: { pid: 7 } })),
  );

  it("calls no tap of commit and complete, names them, and tells every context", async () => {
    const log: string[] = [];
    const told: boolean[] = [];
    const looks = plugin("looks", ({ plan, stages }) => {
      plan.tap("looks", ({ dryRun }) => void told.push(dryRun));
      stages.RESTORE.enter.tap("looks", ({ dryRun }) => void told.push(dryRun));
      stages.RESTORE.task.tap("looks", (_task, { dryRun }) => void told.push(dryRun));
    });
    const left: string[] = [];
    const request = {
      images: "memory",
      plugins: [recorder(log), looks, images],
      dryRun: true,
      onEvent: (event: { kind: string }) => {
        if (event.kind === "left-out") left.push(JSON.stringify({ ...event, time: 0 }));
      },
    };
    await restore(request, new RecordingKernel(), scaffold());
    expect(log).toContain("COMPLETE.leave");
    expect(log.filter((line) => ["commit", "complete", "abort"].includes(line))).toEqual([]);
    expect(told).toEqual([true, true, true]);
    expect(left.map((line) => JSON.parse(line))).toEqual([
      { kind: "left-out", time: 0, hook: "commit", taps: ["recorder"] },
      { kind: "left-out", time: 0, hook: "complete", taps: ["recorder"] },
    ]);
  });

  it("calls no tap of abort when it fails", async () => {
    const log: string[] = [];
    const fails = plugin("fails", ({ stages }) => {
      stages.RESTORE.enter.tap("fails", () => {
        throw new Error("no");
      });
    });
    const request = { images: "memory", plugins: [recorder(log), fails, images], dryRun: true };
    await expect(restore(request, new RecordingKernel(), scaffold())).rejects.toThrow("no");
    expect(log).not.toContain("abort");
  });

  it("is refused with a real kernel", async () => {
    const request = { images: "memory", plugins: [images], dryRun: true };
    await expect(restore(request, {} as never, scaffold())).rejects.toThrow("Cannot make a dry run");
  });

  it("of a checkpoint does not call taps of imagesWritten", async () => {
    const log: string[] = [];
    const writes = definePlugin({
      name: "writes",
      dump: ({ imagesWritten, phases }) => {
        phases.collect.tree.tap("writes", (_tree, { dryRun }) => void log.push(`dry run: ${dryRun}`));
        imagesWritten.tap("writes", () => void log.push("written"));
      },
    });
    const { error } = await rehearseDump({ plugins: [writes], options: { dryRun: true } as never });
    expect(error?.describe()).toBeUndefined();
    expect(log).toEqual(["dry run: true"]);
  });
});

describe("a tap that waits for ever", () => {
  it.each(["enter", "commit"] as const)(
    "in %s ends at the limit that was given, which fires its signal",
    async (hook) => {
      const fired: unknown[] = [];
      const waits = plugin("waits", ({ stages, commit }) => {
        (hook === "commit" ? commit : stages.RESTORE.enter).tapPromise("waits", ({ signal }) => {
          signal.addEventListener("abort", () => void fired.push(signal.reason));
          return never();
        });
      });
      const { error } = await rehearse({ plugins: [waits], options: { timeout: 40 } });
      expect(error).toMatchObject({ code: "ERR_TASK_STUCK", plugin: "waits" });
      expect(error?.message).toContain("has not settled after 40 ms");
      expect(fired).toEqual([expect.objectContaining({ code: "ERR_TASK_STUCK" })]);
    },
  );

  it("can fail by itself when its signal fires, with an error that says more", async () => {
    const waits = plugin("waits", ({ commit }) => {
      commit.tapPromise("waits", ({ signal }) => {
        return new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => reject(new Error("the registry is silent")));
        });
      });
    });
    const { error } = await rehearse({ plugins: [waits], options: { timeout: 40 } });
    expect(error).toMatchObject({ code: "ERR_PLUGIN", message: "the registry is silent", plugin: "waits" });
  });

  it("in a checkpoint ends at the limit that was given, which fires its signal", async () => {
    let fired = false;
    const waits = definePlugin({
      name: "waits",
      dump: ({ phases }) =>
        phases.collect.tree.tapPromise("waits", (_tree, { signal }) => {
          signal.addEventListener("abort", () => {
            fired = true;
          });
          return never();
        }),
    });
    const { error } = await rehearseDump({ plugins: [waits], options: { timeout: 40 } });
    expect(error?.message).toContain("has not settled after 40 ms");
    expect(fired).toBe(true);
  });
});

describe("an error of a plugin", () => {
  const broken = (value?: { foo: string }) => (value as { foo: string }).foo;

  it("names the plugin, the hook, the file and the line in one line, and has its stack", async () => {
    const bad = plugin("bad", ({ commit }) => commit.tapPromise("bad", async () => void broken()), { duty: "things" });
    const { error } = await rehearse({ plugins: [bad] });
    expect(error?.thrownBy).toEqual({ name: "bad", hook: "commit", place: expect.stringMatching(HERE) });
    const [first = ""] = error?.describe().split("\n") ?? [];
    expect(first).toMatch(/^ERR_PLUGIN: .*foo.* \(plugin bad, commit, \/.*trust\.test\.ts:\d+\)$/);
    expect(error?.describe()).not.toContain("    at ");
    expect(error?.describe({ stack: true })).toMatch(/^ {4}at .*trust\.test\.ts:\d+:\d+/m);
    expect(JSON.stringify(error)).toMatch(/"thrownBy":\{"name":"bad","hook":"commit","place":"[^"]+","stack":\["at /);
  });

  it("in the wrong use of a call has the line of the plugin, not of the framework", async () => {
    const bad = plugin("bad", ({ stages }) =>
      stages.RESTORE.task.tap("bad", ({ call }) => void call.kill(undefined as never)),
    );
    const { error } = await rehearse({ plugins: [bad] });
    expect(error?.thrownBy?.place).toMatch(HERE);
  });

  it("keeps its place when the tree runs already", async () => {
    const bad = plugin("bad", ({ complete }) => complete.tap("bad", () => void broken()));
    const { error } = await rehearse({ plugins: [bad] });
    expect(error).toMatchObject({ code: "ERR_COMPLETE", thrownBy: { name: "bad", hook: "complete" } });
    expect(error?.thrownBy?.place).toMatch(HERE);
  });

  it("in a checkpoint has its place too", async () => {
    const bad = definePlugin({ name: "bad", dump: ({ phases }) => phases.write.task.tap("bad", () => void broken()) });
    const { error } = await rehearseDump({ plugins: [bad] });
    expect(error?.thrownBy).toEqual({ name: "bad", hook: "write.task", place: expect.stringMatching(HERE) });
  });
});

describe("a service", () => {
  interface Things {
    fail(): Promise<void>;
    record(task: { call: { getpid(): unknown } }): void;
  }
  const run = (recordsFor: "caller" | "provider") => {
    const Things = defineService<Things>("things", { recordsFor });
    const provides = plugin(
      "provider",
      ({ provide }) =>
        provide(Things, {
          fail: async () => {
            throw new Error("broken inside");
          },
          record: ({ call }) => void call.getpid(),
        }),
      { provides: [Things], duty: "thing-making" },
    );
    const uses = plugin("user", ({ stages, service }) => {
      stages.RESTORE.task.tapPromise("user", async (task) => {
        service(Things).record(task);
        task.call.gettid();
        await task.flush();
        await service(Things).fail();
      });
    });
    return rehearse({ plugins: [provides, uses], task: { pid: 7 } });
  };

  it("that fails is attributed to its own duty, not to its user", async () => {
    const { error } = await run("caller");
    expect(error).toMatchObject({ plugin: "thing-making", thrownBy: { name: "provider", hook: "things.fail" } });
  });

  it.each([
    ["caller", "user"],
    ["provider", "thing-making"],
  ] as const)("that records for its %s has its calls attributed so", async (recordsFor, plugin) => {
    const { lines } = await run(recordsFor);
    expect(lines.filter(({ text }) => text === "getpid()")).toMatchObject([{ plugin }]);
    expect(lines.filter(({ text }) => text === "gettid()")).toMatchObject([{ plugin: "user" }]);
  });
});
