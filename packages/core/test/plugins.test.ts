import { describe, expect, it } from "vitest";
import { RestoreError } from "../src/errors.ts";
import { choosePlugins } from "../src/plugin/choose-plugins.ts";
import type { Plugin } from "../src/plugin/plugin.ts";
import { PluginDriver } from "../src/plugin/plugin-driver.ts";
import { defineService } from "../src/plugin/service.ts";
import { RESTORE } from "../src/restore/direction.ts";
import { rehearse, scaffold } from "../src/testing/mod.ts";
import { plugin, STAGE_NAMES, sleep } from "./support.ts";

const Numbers = defineService<{ next(): number }>("numbers");
const nothing = () => {};

/** Taps RESTORE.task, and logs its name when called. */
function saying(name: string, log: string[], more: Partial<Plugin> = {}, order: object = {}): Plugin {
  const tap = { name, ...order };
  return plugin(name, ({ stages }) => stages.RESTORE.task.tap(tap, () => void log.push(name)), more);
}

function errorOf(make: () => unknown): RestoreError {
  try {
    make();
  } catch (error) {
    expect(error).toBeInstanceOf(RestoreError);
    return error as RestoreError;
  }
  throw new Error("Nothing was thrown");
}

const drive = (defaults: readonly Plugin[], chosen: readonly Plugin[]) =>
  new PluginDriver(RESTORE, defaults, chosen, nothing);

describe("a duty", () => {
  const first = plugin("first", nothing, { duty: "one" });
  const second = plugin("second", nothing, { duty: "two" });

  it("goes to the plugin that claims it, in the position of the default", async () => {
    const log: string[] = [];
    const defaults = [
      ...scaffold(),
      saying("a", log, { duty: "one" }),
      saying("b", log, { duty: "two" }),
      saying("c", log, { duty: "three" }),
    ];
    const { error } = await rehearse({
      defaults,
      plugins: [saying("added", log), saying("mine", log, { duty: "two" })],
    });
    expect(error?.describe()).toBeUndefined();
    expect(log).toEqual(["a", "mine", "c", "added"]);
  });

  it.each([
    ["root-task", "ROOT_TASK", "task 7"],
    ["children", "FORKING", "task 8"],
    ["threads", "RESTORE", "thread 71 of task 7"],
    ["registers", "COMPLETE", "task 7"],
  ])("that is essential fails at once when the plugin that claims it does nothing: %s", async (duty, stage, who) => {
    const lazy = plugin("lazy", nothing, { duty });
    const task = { pid: 7, threads: [{ tid: 71 }], children: [{ pid: 8, children: [{ pid: 9 }] }] };
    const { error, kernel } = await rehearse({ plugins: [lazy], task });
    expect(error).toMatchObject({ code: "ERR_DUTY_MISSING", stage });
    expect(error?.message).toContain(who);
    expect(kernel.records.map(({ kind }) => kind)).toContain("kill-all");
  });

  it("that is new comes after the defaults, in the order of the chosen plugins", () => {
    const chosen = [plugin("x", nothing, { needs: ["new"] }), plugin("y", nothing, { duty: "new" })];
    expect(choosePlugins([first, second], chosen).map(({ name }) => name)).toEqual(["first", "second", "x", "y"]);
  });

  it("cannot be claimed by two plugins", () => {
    const chosen = [plugin("x", nothing, { duty: "one" }), plugin("y", nothing, { duty: "one" })];
    const error = errorOf(() => drive([first], chosen));
    expect(error).toMatchObject({ code: "ERR_DUTY_CLAIMED" });
    expect(error.message).toBe("Plugins x and y both claim the duty one");
  });

  it("that a plugin needs must be claimed by some plugin", () => {
    const needy = plugin("needy", nothing, { needs: ["one", "gone"] });
    const error = errorOf(() => drive([first], [needy]));
    expect(error).toMatchObject({ code: "ERR_DUTY_MISSING", plugin: "needy" });
    expect(error.message).toMatch(/needy.*gone/);
    expect(() => drive([first, plugin("there", nothing, { duty: "gone" })], [needy])).not.toThrow();
  });

  it("that two plugins claim is refused before any task exists", async () => {
    const { error, kernel } = await rehearse({ plugins: [first, plugin("other", nothing, { duty: "one" })] });
    expect(error?.code).toBe("ERR_DUTY_CLAIMED");
    expect(kernel.records).toEqual([]);
  });
});

describe("a service", () => {
  const provider = plugin("provider", ({ provide }) => provide(Numbers, { next: () => 5 }), { provides: [Numbers] });

  it("is available to the plugins that use it, in any order of the plugins", async () => {
    const got: number[] = [];
    const user = plugin(
      "user",
      ({ stages, service }) => stages.RESTORE.task.tap("user", () => void got.push(service(Numbers).next())),
      {
        uses: [Numbers],
      },
    );
    const { error } = await rehearse({ plugins: [user, provider] });
    expect(error?.describe()).toBeUndefined();
    expect(got).toEqual([5]);
  });

  it("comes from the plugin that replaced the default", () => {
    let found = 0;
    const replaced = plugin("mine", ({ provide }) => provide(Numbers, { next: () => 6 }), {
      duty: "numbers",
      provides: [Numbers],
    });
    const user = plugin("user", ({ service }) => {
      found = service(Numbers).next();
    });
    drive([{ ...provider, duty: "numbers" }], [replaced, user]);
    expect(found).toBe(6);
  });

  it("must be provided if a plugin uses it", () => {
    const error = errorOf(() => drive([], [plugin("user", nothing, { uses: [Numbers] })]));
    expect(error).toMatchObject({ code: "ERR_DUTY_MISSING", plugin: "user" });
    expect(error.message).toMatch(/user.*numbers/);
  });

  it("that is missing is an error of the plugin that asks for it", async () => {
    const asks = plugin("asks", ({ stages, service }) => {
      stages.FORKING.task.tap("asks", () => void service(Numbers).next());
    });
    const { error } = await rehearse({ plugins: [asks], task: { pid: 7 } });
    expect(error).toMatchObject({ code: "ERR_DUTY_MISSING", plugin: "asks", stage: "FORKING", pid: 7 });
  });

  it("can be provided only by a plugin that declares it", () => {
    const error = errorOf(() => drive([], [plugin("liar", ({ provide }) => provide(Numbers, { next: () => 1 }))]));
    expect(error).toMatchObject({ code: "ERR_PLUGIN", plugin: "liar" });
    expect(error.message).toMatch(/liar.*numbers.*provides/);
  });
});

describe("the order of taps", () => {
  it("follows the order of the plugins", async () => {
    const log: string[] = [];
    await rehearse({ plugins: [saying("a", log), saying("b", log), saying("c", log)] });
    expect(log).toEqual(["a", "b", "c"]);
  });

  it("can be changed with the name of an existing tap", async () => {
    const log: string[] = [];
    await rehearse({
      plugins: [
        saying("a", log),
        saying("b", log),
        saying("c", log, {}, { before: "b" }),
        saying("d", log, {}, { before: ["a", "c"] }),
      ],
    });
    expect(log).toEqual(["d", "a", "c", "b"]);
  });

  it("can be changed with a duty, whichever plugin claims it", () => {
    const defaults = [saying("a", [], { duty: "things" }), saying("b", [], {}, { before: "things" })];
    const { hooks } = drive(defaults, [saying("other", [], { duty: "things" })]);
    expect(hooks.stages.RESTORE.task.taps.map(({ name }) => name)).toEqual(["b", "other"]);
  });

  it.each([[{ before: "gone" }], [{ before: ["a", "gone"] }]])("cannot refer to a missing tap: %o", (order) => {
    const error = errorOf(() => drive([], [saying("a", []), saying("b", [], {}, order)]));
    expect(error).toMatchObject({ code: "ERR_TAP_ORDER", plugin: "b" });
    expect(error.message).toMatch(/b.*RESTORE\.task.*gone/);
    expect(error.hint).toContain("a");
  });

  it("cannot refer to a tap of another hook", () => {
    const other = plugin("other", ({ stages }) => stages.FORKING.task.tap("other", nothing));
    const error = errorOf(() => drive([], [other, saying("b", [], {}, { before: "other" })]));
    expect(error.code).toBe("ERR_TAP_ORDER");
  });

  it.each([-10, 0, 10])("cannot be a number: %i", (stage) => {
    const error = errorOf(() => drive([], [saying("a", []), saying("b", [], {}, { stage })]));
    expect(error).toMatchObject({ code: "ERR_TAP_ORDER", plugin: "b" });
    expect(error.hint).toContain("before");
  });
});

/** Every hook whose tap can throw, and the place that the error must name. */
const HOOKS: readonly {
  readonly hook: string;
  readonly tap: (fail: () => never, asynchronous: boolean) => Plugin;
  readonly place: object;
}[] = [
  ...STAGE_NAMES.flatMap((stage) =>
    (["enter", "task", "thread", "leave"] as const)
      // The first stages have no threads.
      .filter((hook) => hook !== "thread" || !["ROOT_TASK", "PREPARE_NAMESPACES", "FORKING"].includes(stage))
      .map((hook) => ({
        hook: `${stage}.${hook}`,
        tap: (fail: () => never, asynchronous: boolean) =>
          plugin("thrower", ({ stages }) => {
            const target = stages[stage][hook] as {
              tap(name: string, fn: () => void): void;
              tapPromise(name: string, fn: () => Promise<void>): void;
            };
            if (asynchronous) target.tapPromise("thrower", () => sleep(1).then(fail));
            else target.tap("thrower", fail);
          }),
        place: { stage, ...(hook === "task" || hook === "thread" ? { pid: 7 } : {}) },
      })),
  ),
  ...(["plan", "commit"] as const).map((hook) => ({
    hook,
    tap: (fail: () => never, asynchronous: boolean) =>
      plugin("thrower", (hooks) => {
        if (asynchronous) hooks[hook].tapPromise("thrower", () => sleep(1).then(fail));
        else hooks[hook].tap("thrower", fail);
      }),
    place: hook === "commit" ? { stage: "COMPLETE" } : {},
  })),
];

describe.each(HOOKS)("an error thrown in $hook", ({ tap, place }) => {
  it.each([false, true])("is attributed to the plugin and the place; asynchronous: %s", async (asynchronous) => {
    const fail = (): never => {
      throw new TypeError("that was wrong");
    };
    const { error, kernel } = await rehearse({
      plugins: [plugin("bystander", nothing), tap(fail, asynchronous)],
      task: { pid: 7 },
    });
    expect(error).toMatchObject({ code: "ERR_PLUGIN", message: "that was wrong", plugin: "thrower", ...place });
    expect(error?.cause).toBeInstanceOf(TypeError);
    expect(kernel.resumed).toEqual([]);
  });

  it("keeps its own error code", async () => {
    const fail = (): never => {
      throw new RestoreError("ERR_IMAGE", "damaged", { entry: "core-7.img", hint: "copy it again" });
    };
    const { error } = await rehearse({ plugins: [tap(fail, false)], task: { pid: 7 } });
    expect(error).toMatchObject({
      code: "ERR_IMAGE",
      message: "damaged",
      plugin: "thrower",
      entry: "core-7.img",
      hint: "copy it again",
      ...place,
    });
  });
});

describe("an error thrown", () => {
  const fail = (): never => {
    throw new Error("that was wrong");
  };

  it("in apply names the plugin", () => {
    expect(errorOf(() => drive([], [plugin("thrower", fail)]))).toMatchObject({
      code: "ERR_PLUGIN",
      plugin: "thrower",
    });
  });

  it("in an entry hook names the plugin by the duty that it claims", async () => {
    const thrower = plugin("thrower", ({ entries }) => entries.pstree.tap("thrower", fail), { duty: "tree" });
    const { error } = await rehearse({ plugins: [thrower] });
    expect(error).toMatchObject({ code: "ERR_PLUGIN", message: "that was wrong", plugin: "tree" });
  });

  it("in an image source names the plugin", async () => {
    const { error } = await rehearse({
      plugins: [plugin("thrower", ({ imageSource }) => imageSource.tap("thrower", fail))],
    });
    expect(error).toMatchObject({ code: "ERR_PLUGIN", plugin: "thrower" });
  });

  it("in a complete tap leaves the tasks running, and ERR_COMPLETE names the plugin", async () => {
    const { error, kernel } = await rehearse({
      plugins: [plugin("thrower", ({ complete }) => complete.tapPromise("thrower", async () => fail()))],
    });
    expect(error).toMatchObject({ code: "ERR_COMPLETE", plugin: "thrower", stage: "COMPLETE" });
    expect(error?.message).toContain("that was wrong");
    expect(kernel.records.map(({ kind }) => kind)).not.toContain("kill-all");
  });

  it("in an abort tap does not stop the rollback, and is reported with the failure", async () => {
    const thrower = plugin("thrower", ({ stages, abort }) => {
      stages.RESTORE.task.tap("thrower", () => {
        throw new Error("first");
      });
      abort.tap("thrower", fail);
    });
    const { error, kernel } = await rehearse({ plugins: [thrower] });
    expect(error).toMatchObject({ code: "ERR_PLUGIN", message: "first" });
    expect(error?.failures.map(({ code }) => code)).toEqual(["ERR_UNDO"]);
    expect(error?.failures[0]?.message).toContain("that was wrong");
    expect(kernel.records.map(({ kind }) => kind)).toEqual(expect.arrayContaining(["kill-all", "run-undo"]));
  });

  it("can be a plain string", async () => {
    const thrower = plugin("thrower", ({ stages }) => {
      stages.FORKING.enter.tap("thrower", () => {
        throw "a text";
      });
    });
    expect((await rehearse({ plugins: [thrower] })).error).toMatchObject({
      code: "ERR_PLUGIN",
      message: "a text",
      plugin: "thrower",
    });
  });
});

describe("a recorded call", () => {
  it("is attributed to the plugin that recorded it, by the duty that it claims", async () => {
    const records = (name: string, more: Partial<Plugin> = {}) =>
      plugin(
        name,
        ({ stages }) => {
          stages.ROOT_TASK.enter.tap(name, ({ stub }) => void stub.call.getpid());
          stages.RESTORE.task.tapPromise(name, async (task) => {
            task.call.getpid();
            await task.flush();
            task.call.umask(0);
          });
          stages.RESTORE.thread.tap(name, (thread) => void thread.call.gettid());
        },
        more,
      );
    const { lines, error } = await rehearse({
      plugins: [records("a", { duty: "first" }), records("b")],
      task: { pid: 7 },
    });
    expect(error?.describe()).toBeUndefined();
    const of = (plugin: string) =>
      lines.filter((line) => line.plugin === plugin).map(({ who, text }) => `${who} ${text}`);
    const expected = ["stub getpid()", "7 getpid()", "7 umask(00)", "7 gettid()"];
    expect(of("first")).toEqual(expected);
    expect(of("b")).toEqual(expected);
  });

  it("in an async function passed to tap is refused, because the result is not awaited", async () => {
    const forgets = plugin("forgets", ({ stages }) => {
      stages.RESTORE.task.tap("forgets", async (task) => {
        await sleep(1);
        task.call.getpid();
      });
    });
    const { error } = await rehearse({ plugins: [forgets], task: { pid: 7 } });
    expect(error).toMatchObject({ code: "ERR_PLUGIN", plugin: "forgets", stage: "RESTORE", pid: 7 });
    expect(error?.message).toMatch(/forgets.*RESTORE\.task.*promise/);
    expect(error?.hint).toContain("tapPromise");
  });

  it("after a forgotten await is an error, and does not end up in another program", async () => {
    const late: unknown[] = [];
    const forgets = plugin("forgets", ({ stages }) => {
      stages.RESTORE.task.tapPromise("forgets", async (task) => {
        const { call } = task;
        void sleep(5).then(() => {
          try {
            call.umask(0);
          } catch (error) {
            late.push(error);
          }
        });
      });
      // The next stage is running when the late call comes.
      stages.RESTORE_CREDS.task.tapPromise("waits", () => sleep(30));
    });
    const { lines } = await rehearse({ plugins: [forgets], task: { pid: 7 } });
    expect(lines.filter(({ text }) => text.startsWith("umask"))).toEqual([]);
    expect(late).toEqual([
      expect.objectContaining({ message: expect.stringMatching(/umask\(\).*task 7.*RESTORE.*await/) }),
    ]);
  });

  it("outside of any stage is an error that names the task", async () => {
    const early = plugin("early", ({ plan }) => plan.tap("early", ({ tree }) => void tree.root.call.getpid()));
    const { error } = await rehearse({ plugins: [early], task: { pid: 7 } });
    expect(error).toMatchObject({ code: "ERR_PLUGIN", plugin: "early" });
    expect(error?.message).toContain("task 7");
  });
});

describe("the listener", () => {
  it("hears of every tap, with its plugin, hook and duration", async () => {
    const timed = plugin("timed", ({ stages }) => stages.RESTORE.task.tapPromise("timed", () => sleep(20)), {
      duty: "slow",
    });
    const { events } = await rehearse({ plugins: [timed] });
    const taps = events.filter((event) => event.kind === "tap" && event.plugin === "slow");
    expect(taps).toEqual([expect.objectContaining({ hook: "RESTORE.task" })]);
    expect(taps.map((event) => event.kind === "tap" && event.milliseconds > 15)).toEqual([true]);
  });
});
