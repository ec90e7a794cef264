import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { definePlugin, RestoreError, type RestoreRequest, type RunStageName } from "@restage/core";
import { afterEach, expect, it } from "vitest";
import {
  type DumpedProgram,
  describeDumped,
  dumpProgram,
  forget,
  restoreProgram,
  restoreThatDies,
  until,
  verdictOf,
} from "./case.ts";

const programs: DumpedProgram[] = [];
afterEach(() => {
  for (const program of programs.splice(0)) forget(program);
});

async function dump(name: string, flags: readonly string[] = []): Promise<DumpedProgram> {
  const program = await dumpProgram(join(import.meta.dirname, name), () => flags);
  programs.push(program);
  // Its children have another parent by now, who has yet to reap them.
  const isGone = () => spawnSync("pgrep", ["--session", String(program.pid)]).status !== 0;
  await until(isGone, "the program is gone");
  return program;
}

async function failureOf(program: DumpedProgram, request: Partial<RestoreRequest> = {}): Promise<RestoreError> {
  try {
    await restoreProgram(program, request);
  } catch (error) {
    if (error instanceof RestoreError) return error;
    throw error;
  }
  throw new Error("The restore did not fail");
}

/** Fails the restore when a stage is left. */
function failingAfter(stage: RunStageName) {
  return definePlugin({
    name: "failing",
    apply({ stages }) {
      stages[stage].leave.tap("failing", () => {
        throw new Error("told to fail");
      });
    },
  });
}

describeDumped(`sockets that no fixture has`, () => {
  it.each([
    ["unix-sockets", [], {}],
    ["unix-corners", [], {}],
    ["external-peer", ["--ext-unix-sk"], { extUnixSockets: true }],
    ["inet-sockets", [], {}],
    ["socket-options", [], {}],
    ["tcp-connections", ["--tcp-established", "--network-lock", "skip"], { tcpEstablished: true }],
  ] as const)("restores %s", async (name, flags, options) => {
    const program = await dump(name, flags);
    await restoreProgram(program, options);
    expect(await verdictOf(program)).toBe("pass");
  });

  const pathsOf = ({ directory }: DumpedProgram) => readdirSync(directory).sort();

  it.each(["RESTORE", "RESTORE_CREDS"] as const)("leaves no path of a restore that fails after %s", async (stage) => {
    const program = await dump("unix-sockets");
    const before = pathsOf(program);
    const owned = join(program.directory, "owned");
    const { ino } = statSync(owned);
    const error = await failureOf(program, { plugins: [failingAfter(stage)] });
    expect(error.message).toBe("told to fail");
    expect(error.failures).toEqual([]);
    expect(pathsOf(program)).toEqual(before);
    expect(statSync(owned).ino).toBe(ino);
    expect(readFileSync(join(program.directory, "replaced"), "utf8")).toBe("mine");
  });

  it("leaves no path when the coordinator is killed", async () => {
    const program = await dump("unix-sockets");
    rmSync(join(program.directory, "owned"));
    const before = pathsOf(program);
    const [node, ...words] = restoreThatDies(program, "RESTORE");
    const { signal } = spawnSync(node, words, { timeout: 60_000 });
    expect(signal).toBe("SIGKILL");
    await until(() => pathsOf(program).length === before.length, "the janitor has tidied up");
    expect(pathsOf(program)).toEqual(before);
    expect(readFileSync(join(program.directory, "replaced"), "utf8")).toBe("mine");
  });

  it("refuses paths that cannot be had, and says why", async () => {
    const program = await dump("unix-sockets");
    const owned = join(program.directory, "owned");
    rmSync(owned);
    const holder = createServer().listen(owned);
    try {
      await until(() => existsSync(owned), "somebody listens");
      expect((await failureOf(program)).message).toMatch(
        `Unix socket ${owned}: its path is in use by process ${process.pid} (`,
      );
    } finally {
      await new Promise((resolve) => holder.close(resolve));
    }
    writeFileSync(owned, "");
    expect((await failureOf(program)).message).toBe(`Unix socket ${owned}: something that is no socket has its path`);
  });

  it("connects to peers outside the checkpoint only when told to", async () => {
    const program = await dump("external-peer", ["--ext-unix-sk"]);
    const error = await failureOf(program);
    expect(error.code).toBe("ERR_REFUSED");
    expect(error.hint).toContain("--ext-unix-sk");
    const server = join(program.directory, "server");
    rmSync(server);
    const gone = await failureOf(program, { extUnixSockets: true });
    expect(gone.message).toContain(`its peer outside the checkpoint, Unix socket ${server}, is not there`);
  });

  it("names who holds a port", async () => {
    const program = await dump("inet-sockets");
    const port = Number(readFileSync(join(program.directory, "port"), "utf8"));
    const holder = createServer().listen(port, "127.0.0.2");
    try {
      await until(() => holder.listening, "somebody listens");
      const { message } = await failureOf(program);
      expect(message).toContain(`TCP socket 127.0.0.2:${port}: its port is in use by process ${process.pid} (`);
    } finally {
      await new Promise((resolve) => holder.close(resolve));
    }
  });

  it("restores connections only when told to, or closed", async () => {
    const program = await dump("tcp-connections", ["--tcp-established", "--network-lock", "skip"]);
    const error = await failureOf(program);
    expect(error.code).toBe("ERR_REFUSED");
    expect(error.describe()).toContain("--tcp-established");
    await restoreProgram(program, { tcpClose: true });
    process.kill(program.pid, "SIGKILL");
  });
});
