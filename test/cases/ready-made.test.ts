import { spawn } from "node:child_process";
import { appendFileSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { context, trace } from "@opentelemetry/api";
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { definePlugin, STAGES } from "@restage/core";
import {
  type ConnectionPolicy,
  createFiles,
  moveAddresses,
  movePorts,
  onStage,
  openTelemetry,
  pidPolicy,
  remapPaths,
  skipFiles,
} from "@restage/plugins";
import { expect, it, onTestFinished } from "vitest";
import { end } from "../support/end.ts";
import { failingAfter } from "../support/failing-after.ts";
import { failureOf } from "../support/failure-of.ts";
import { type DumpedProgram, dumpCase, forget, restoreProgram, startProgram, verdictOf } from "./case.ts";
import { describeDumped, dump } from "./dumpers.ts";

const ESTABLISHED = ["--tcp-established", "--network-lock", "skip"] as const;

let runs = 0;

/** The ports of the sockets before the checkpoint, by the names that the program gives them. */
function before({ directory }: DumpedProgram): Readonly<Record<string, number>> {
  const lines = readFileSync(join(directory, "before"), "utf8").trim().split("\n");
  return Object.fromEntries(lines.map((line) => [line.split(" ", 1)[0], Number(line.split(" ").at(-1))]));
}

describeDumped("ready-made plugins", () => {
  it("move sockets to other ports and addresses, and treat each connection by its policy (moved-sockets)", async () => {
    const program = await dumpCase("moved-sockets", { flags: ESTABLISHED });
    const { l4 = 0, l6 = 0, u4 = 0, u6 = 0 } = before(program);
    // Other ones in each run: connections of the run before keep theirs for a minute (TIME_WAIT). Four digits, unlike those that the kernel chooses.
    const base = 5000 + ((process.pid + 10 * runs++) % 4000);
    const ports = { [l4]: base + 1, [l6]: base + 2, [u4]: base + 3, [u6]: base + 4 };
    const policies: readonly ConnectionPolicy[] = ["skip", "close", "reset"];
    let next = 0;
    const asked = new Map<number, ConnectionPolicy | undefined>();
    const connections = ({ dst_port }: { readonly dst_port: number }) => {
      if (!asked.has(dst_port)) asked.set(dst_port, policies[next++]);
      return asked.get(dst_port);
    };
    const plugins = [movePorts(ports, { connections }), moveAddresses({ "127.0.0.1": "127.0.0.2" }, { connections })];
    await restoreProgram(program, { tcpEstablished: true, plugins });
    const text = (await verdictOf(program)).replaceAll(String(l4), "OLD").replaceAll(/ \d{5}\b/g, " ANY");
    expect(text.trim().split("\n")).toEqual([
      `l4 127.0.0.2 ${base + 1}`,
      `l6 ::1 ${base + 2}`,
      `u4 127.0.0.2 ${base + 3}`,
      `u6 ::1 ${base + 4}`,
      `c4 127.0.0.2 ANY to 127.0.0.2 ${base + 1}`,
      `a4 127.0.0.2 ${base + 1} to 127.0.0.2 ANY`,
      `c6 ::1 ANY to ::1 ${base + 2}`,
      `a6 ::1 ${base + 2} to ::1 ANY`,
      `d4 127.0.0.2 ANY to 127.0.0.2 ${base + 3}`,
      `d6 ::1 ANY to ::1 ${base + 4}`,
      "outside 127.0.0.1 OLD to 127.0.0.1 ANY",
      "outside 0.0.0.0 0",
      "ended: EPIPE, 0 bytes",
      "outside 0.0.0.0 0",
      "ended: EPIPE, 0 bytes",
    ]);
    const peers = readFileSync(join(program.directory, "outside"), "utf8").trim().split("\n");
    expect(peers).toEqual(["outside 0: hi", "outside 1: silence", "outside 2: ECONNRESET"]);
  });

  it("find everything in another directory (moved-paths)", async () => {
    const program = await dumpCase("moved-paths");
    const [old, place] = [join(program.directory, ".."), join(program.directory, "../../restage-moved")];
    renameSync(old, place);
    onTestFinished(() => rmSync(place, { recursive: true, force: true }));
    const moved = { ...program, images: join(place, "images"), directory: join(place, "run") };
    await restoreProgram(moved, { plugins: [remapPaths({ [old]: place })] });
    onTestFinished(() => forget(moved));
    expect((await verdictOf(moved)).replaceAll(place, "PLACE").trim().split("\n")).toEqual([
      "cwd PLACE/run",
      "exe PLACE/program",
      "log PLACE/run/log",
      "gone PLACE/run/gone (deleted)",
      "private PLACE/run/mapped",
      "shared PLACE/run/mapped",
      "absolute PLACE/run/absolute answers",
      "relative relative answers",
      "watch tells",
    ]);
  });

  it("accept, create and discard files that have changed or are gone (changed-files)", async () => {
    const program = await dumpCase("changed-files");
    const { directory } = program;
    const path = (name: string) => join(directory, name);
    appendFileSync(path("grown"), "after\n");
    rmSync(path("discarded"));
    renameSync(path("copied"), path("backup"));
    rmSync(path("state"), { recursive: true });
    const skipped = skipFiles([path("grown"), path("discarded")]);
    const created = createFiles([path("state")]);
    const failed = await failureOf(restoreProgram(program, { plugins: [skipped, created] }));
    expect(failed.message).toBe(`file ${path("copied")}: it does not exist`);
    const copied = createFiles({ [path("copied")]: path("backup") });
    const request = { plugins: [skipped, created, copied] };
    const stopped = { plugins: [...request.plugins, failingAfter("RESTORE")] };
    expect((await failureOf(restoreProgram(program, stopped))).message).toBe("on purpose");
    expect(["state", "copied"].filter((name) => existsSync(path(name)))).toEqual([]);
    await restoreProgram(program, request);
    expect((await verdictOf(program)).replaceAll(`${directory}/`, "").trim().split("\n")).toEqual([
      "grown: grown, mode 100644, size 13, before",
      "after",
      ", at 7",
      "discarded: /dev/null, mode 20666, size 0, , at 0",
      "copied: copied, mode 100644, size 6, copied, at 3",
      "made: state/deep/made, mode 100640, size 3, new, at 3",
      "directory: state, mode 40750, size 0, EISDIR, at 0",
    ]);
  });

  it("decide what happens while a pid is in use (lone-task)", async () => {
    const program = await startProgram(join(import.meta.dirname, "lone-task"));
    dump(program.images, program.pid, ["--leave-running"]);
    const refused = await failureOf(restoreProgram(program, { plugins: [pidPolicy("fail")] }));
    expect(refused.message).toBe(`pid ${program.pid}: it is in use by process ${program.pid} (program)`);
    const late = await failureOf(restoreProgram(program, { plugins: [pidPolicy("wait", { seconds: 0 })] }));
    expect(late).toMatchObject({ code: "ERR_PID_TAKEN", plugin: "pid-policy" });
    const { pid: copy } = await restoreProgram(program, { plugins: [pidPolicy("new-namespace")] });
    expect(copy).not.toBe(program.pid);
    await end(copy);
    const waiting = restoreProgram(program, { plugins: [pidPolicy("wait", { seconds: 60 })] });
    await end(program.pid);
    expect((await waiting).pid).toBe(program.pid);
    expect(await verdictOf(program)).toBe("pass");
  });

  it("do not matter when a pid is freed a moment later (lone-task)", async () => {
    const program = await startProgram(join(import.meta.dirname, "lone-task"));
    dump(program.images, program.pid, ["--leave-running"]);
    const blind = definePlugin({ name: "blind", duty: "pid-policy", apply() {} });
    const ending = definePlugin({
      name: "ending",
      apply({ stages }) {
        stages.ROOT_TASK.enter.tap("ending", () => {
          spawn("sh", ["-c", `sleep 0.1; kill -KILL ${program.pid}`], { stdio: "ignore" });
        });
      },
    });
    expect((await restoreProgram(program, { plugins: [blind, ending] })).pid).toBe(program.pid);
    expect(await verdictOf(program)).toBe("pass");
  });

  it("trace a restore, and which duties each task works for (lone-task)", async () => {
    const program = await dumpCase("lone-task");
    const exporter = new InMemorySpanExporter();
    trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
    onTestFinished(() => trace.disable());
    await restoreProgram(program, { onEvent: openTelemetry({ context, trace }) });
    expect(await verdictOf(program)).toBe("pass");
    const spans = exporter.getFinishedSpans();
    const stages = STAGES.map(({ name }) => `stage ${name}`);
    expect(spans.map(({ name }) => name).filter((name) => name.startsWith("stage"))).toEqual(stages);
    expect(spans.at(-1)?.name).toBe("restage restore");
    const task = spans.filter(({ name }) => name === "task").map(({ attributes }) => JSON.stringify(attributes));
    expect(task.join("\n")).toMatch(new RegExp(`private-memory.*${program.pid}|${program.pid}.*private-memory`));
  });

  it("tell a program while the tree does not run yet, and when it does (lone-task)", async () => {
    const program = await dumpCase("lone-task");
    const [notify, told] = ["notify", "told"].map((name) => join(program.directory, name)) as [string, string];
    // The state of the task is the third word, t or T while it is held.
    const script = `#!/bin/sh
        pid=$(sed 's/.*"pid":\\([0-9]*\\).*/\\1/')
        echo "$1 $pid $(cut -d ' ' -f 3 "/proc/$pid/stat")" >> ${told}\n`;
    writeFileSync(notify, script, { mode: 0o755 });
    await restoreProgram(program, { plugins: [onStage(notify, { at: ["commit", "complete"] })] });
    expect(readFileSync(told, "utf8")).toMatch(
      new RegExp(`^commit ${program.pid} [tT]\\ncomplete ${program.pid} [RSD]\\n$`),
    );
  });
});
