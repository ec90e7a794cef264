import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { RestoreError, type RestoreEvent } from "@restage/core";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { checkCommand } from "../src/commands/check.ts";
import { checkpointCommand } from "../src/commands/checkpoint.ts";
import { planCommand } from "../src/commands/plan.ts";
import { restoreCommand } from "../src/commands/restore.ts";
import { EXIT } from "../src/exit-codes.ts";
import { smallCheckpoint } from "../src/init/checkpoint.ts";
import { createSettings, type Settings } from "../src/options/settings.ts";
import { openReport } from "../src/report/open-report.ts";
import { listenersFinished, usersListener } from "../src/report/users-listener.ts";
import { printed } from "./printed.ts";

// The command's own way needs its build on Node 20.
vi.mock("../src/load-user-module.ts", () => ({
  loadUserModule: (file: string) => import(/* @vite-ignore */ pathToFileURL(file).href),
}));

/** Above any pid that a kernel gives. Source: PID_MAX_LIMIT, include/linux/threads.h. */
const NO_PID = 4_194_305;

const PLANNED: RestoreEvent = { kind: "planned", time: 0, tasks: 1, findings: [] };
const COMMITTED: RestoreEvent = { kind: "committed", time: 1 };

describe("usersListener()", () => {
  it("passes events on", () => {
    const seen: unknown[] = [];
    const listener = usersListener((event) => seen.push(event));
    listener(PLANNED);
    listener(COMMITTED);
    expect(seen).toEqual([PLANNED, COMMITTED]);
  });

  it.each([
    [
      "throws",
      () => {
        throw new Error("on purpose");
      },
    ],
    [
      "rejects",
      async () => {
        throw new Error("on purpose");
      },
    ],
  ])("prints the first error of a function that %s, and calls it no more", async (_how, failing) => {
    let calls = 0;
    const { err } = await printed(async () => {
      const listener = usersListener(() => {
        calls++;
        return failing();
      });
      listener(PLANNED);
      await new Promise(setImmediate);
      listener(COMMITTED);
      await new Promise(setImmediate);
    });
    expect(calls).toBe(1);
    expect(err).toBe("onEvent failed: on purpose\n");
  });
});

describe("listenersFinished()", () => {
  afterEach(() => void vi.useRealTimers());

  it("waits for async listeners, and not for those that have finished", async () => {
    const steps: string[] = [];
    let send = (): void => {};
    const sent = new Promise<void>((resolve) => {
      send = resolve;
    });
    usersListener(() => sent.then(() => void steps.push("sent")))(PLANNED);
    const ended = listenersFinished().then(() => void steps.push("ended"));
    await new Promise(setImmediate);
    expect(steps).toEqual([]);
    send();
    await ended;
    expect(steps).toEqual(["sent", "ended"]);
    await listenersFinished();
  });

  it("gives up a listener that takes too long, and says so", async () => {
    vi.useFakeTimers();
    let finish = (): void => {};
    const slow = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const { err } = await printed(async () => {
      usersListener(() => slow)(PLANNED);
      const ended = listenersFinished();
      await vi.runAllTimersAsync();
      await ended;
    });
    expect(err).toBe("onEvent has not finished after 5 seconds\n");
    finish();
  });
});

describe("onEvent of a configuration", () => {
  const told = globalThis as { eventsOfTest?: { readonly kind: string; readonly error?: RestoreError }[] };
  let directory: string;
  let settings: Settings;
  beforeEach(() => {
    directory = mkdtempSync(join(userInfo().homedir, ".restage-on-event-"));
    mkdirSync(join(directory, "images"));
    const config = join(directory, "restore.config.mjs");
    writeFileSync(
      config,
      "export default { images: 'images', onEvent: (event) => globalThis.eventsOfTest.push(event) };",
    );
    settings = { ...createSettings(), config };
    told.eventsOfTest = [];
  });
  afterEach(() => {
    delete told.eventsOfTest;
    rmSync(directory, { recursive: true, force: true });
  });

  it("receives the failure of a restore whose images cannot be read", async () => {
    await printed(async () => expect(await restoreCommand(settings)).not.toBe(EXIT.OK));
    expect(told.eventsOfTest).toMatchObject([{ kind: "failed", error: { code: "ERR_IMAGE" } }]);
  });

  it("receives the failure of a checkpoint of a process that does not exist", async () => {
    await printed(async () => expect(await checkpointCommand(settings, String(NO_PID))).not.toBe(EXIT.OK));
    expect(told.eventsOfTest).toMatchObject([{ kind: "failed", error: { phase: "seize" } }]);
  });

  it.each([
    ["plan", planCommand],
    ["check", checkCommand],
  ])("receives nothing from %s, which restores nothing", async (_name, command) => {
    for (const [name, bytes] of smallCheckpoint()) writeFileSync(join(directory, "images", name), bytes);
    const { out } = await printed(() => command(settings));
    // Of the file that the checkpoint names: its images were read.
    expect(out).toContain("/tmp/counter.log");
    expect(told.eventsOfTest).toEqual([]);
  });

  it("is told with the other reporters", async () => {
    const seen: string[] = [];
    const { out } = await printed(async () => {
      const onEvent = ({ kind }: RestoreEvent): void => void seen.push(kind);
      const report = await openReport({ ...settings, json: true }, { images: directory, onEvent });
      report.listener(PLANNED);
      report.fail(new RestoreError("ERR_IMAGE", "on purpose"));
      report.end();
    });
    expect(seen).toEqual(["planned", "failed"]);
    expect(out.split("\n")).toHaveLength(3);
  });
});
