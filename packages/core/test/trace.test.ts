import { describe, expect, it } from "vitest";
import { RestoreError } from "../src/errors.ts";
import { rehearse } from "../src/testing/rehearse.ts";
import { ChromeTrace } from "../src/trace/chrome-trace.ts";
import { eventToJson } from "../src/trace/event-json.ts";
import { plugin } from "./support.ts";

interface Traced {
  readonly name: string;
  readonly ph: string;
  readonly cat?: string;
  readonly ts: number;
  readonly dur?: number;
  readonly pid: number;
  readonly tid: number;
  readonly args: Readonly<Record<string, unknown>>;
}

/** The events of a trace. */
function traced(trace: ChromeTrace): readonly Traced[] {
  return JSON.parse(trace.toString()).traceEvents;
}

describe("ChromeTrace", () => {
  it("shows stages, programs and taps as spans in named rows", async () => {
    const umask = plugin("umask", ({ stages }) => {
      stages.RESTORE.task.tap("umask", (task) => void task.call.umask(0o22));
    });
    const { events } = await rehearse({ plugins: [umask], task: { pid: 7 } });
    const trace = new ChromeTrace();
    events.forEach(trace.listener);
    const all = traced(trace);
    expect(all.filter(({ cat }) => cat === "stage").map(({ name }) => name)).toContain("RESTORE_CREDS");
    expect(all).toContainEqual(
      expect.objectContaining({
        name: "RESTORE",
        cat: "program",
        ph: "X",
        pid: 7,
        tid: 7,
        args: expect.objectContaining({ duties: ["umask"] }),
      }),
    );
    expect(all).toContainEqual(expect.objectContaining({ name: "umask: RESTORE.task", cat: "tap", pid: 0 }));
    expect(all).toContainEqual(
      expect.objectContaining({ name: "process_name", ph: "M", pid: 7, args: { name: "task 7 (program)" } }),
    );
  });

  it("puts overlapping taps in separate rows", () => {
    const trace = new ChromeTrace();
    const tap = (name: string, end: number, milliseconds: number) => {
      trace.listener({ kind: "tap", time: performance.now() + end, hook: "plan", plugin: name, milliseconds });
    };
    // a: 0 to 10; b: 5 to 15; c: 12 to 20.
    tap("a", 1010, 10);
    tap("b", 1015, 10);
    tap("c", 1020, 8);
    const rows = Object.fromEntries(traced(trace).map(({ name, tid }) => [name.slice(0, 1), tid]));
    expect(rows["a"]).toBe(rows["c"]);
    expect(rows["b"]).not.toBe(rows["a"]);
  });

  it("shows a failure, with the calls of the failed program", async () => {
    const chdir = plugin("chdir", ({ stages }) => {
      stages.RESTORE.task.tap("chdir", (task) => void task.call.chdir("/gone"));
    });
    const failures = [{ call: "chdir", of: 7, result: "ENOENT" }] as const;
    const { events } = await rehearse({ plugins: [chdir], task: { pid: 7 }, host: { failures } });
    const trace = new ChromeTrace();
    events.forEach(trace.listener);
    const all = traced(trace);
    expect(all).toContainEqual(expect.objectContaining({ name: "failed: ERR_SYSCALL", ph: "i" }));
    const program = all.find(({ args }) => args["failed"] === true);
    expect(program?.args["calls"]).toContain('chdir("/gone")');
  });
});

describe("eventToJson()", () => {
  it("returns plain data: programs as printed, errors with all their details", async () => {
    const error = new RestoreError("ERR_REFUSED", "no", { pid: 7 });
    expect(eventToJson({ kind: "failed", time: 1, error, left: [] })).toMatchObject({
      error: { code: "ERR_REFUSED", pid: 7 },
    });
    const { events } = await rehearse({ plugins: [], task: { pid: 7 } });
    const program = events.find(({ kind }) => kind === "program");
    expect(program && eventToJson(program)).toMatchObject({ stage: "ROOT_TASK", program: expect.any(Array) });
    for (const event of events) expect(() => JSON.stringify(eventToJson(event))).not.toThrow();
  });
});
