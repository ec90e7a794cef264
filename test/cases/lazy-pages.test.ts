import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import type { RestoreRequest } from "@restage/core";
import { expect, it, onTestFinished } from "vitest";
import { CRIU, describeUnless, itUnless, noCompiler, noCriu } from "../support/requirements.ts";
import { COMMAND, restage, run } from "../support/restage.ts";
import { until } from "../support/until.ts";
import { type DumpedProgram, dumpCase, restoreProgram, startProgram, verdictOf } from "./case.ts";
import { describeDumped } from "./dumpers.ts";

const RESTAGE = [process.execPath, COMMAND];
const LOCAL = ["--address", "127.0.0.1"];

/** Starts a command. Its end can be waited for. */
function start([program = "", ...words]: readonly string[]) {
  const child = spawn(program, words, { stdio: ["ignore", "pipe", "pipe"] });
  const output: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (bytes: Buffer) => void output.push(bytes));
  const ended = once(child, "close").then(([code]) => ({ code, output: Buffer.concat(output).toString() }));
  onTestFinished(() => void child.kill("SIGKILL"));
  return { ended, printed: () => Buffer.concat(output).toString() };
}

/** Waits for a command that must succeed. */
async function success(ended: Promise<{ readonly code: unknown; readonly output: string }>): Promise<void> {
  const { code, output } = await ended;
  expect(code, output).toBe(0);
}

/** Starts a lazy-pages daemon for the images of a program. */
async function startDaemon(program: readonly string[], { images }: DumpedProgram, options: readonly string[] = []) {
  const daemon = start([...program, "lazy-pages", "-D", images, ...options]);
  await until(() => existsSync(join(images, "lazy-pages.socket")), "the daemon listens", 20_000);
  return daemon;
}

async function restoreLazily(program: DumpedProgram, request: Partial<RestoreRequest> = {}) {
  return await restoreProgram(program, { ...request, lazyPages: join(program.images, "lazy-pages.socket") });
}

/** The port that a command prints. */
async function portOf({ printed }: { readonly printed: () => string }): Promise<string> {
  await until(() => /^\d+$/m.test(printed()), "a port is printed", 20_000);
  return /^\d+$/m.exec(printed())?.[0] ?? "";
}

describeDumped("lazy pages", () => {
  it("come to a tree that moves, drops and inherits its memory", async () => {
    const program = await dumpCase("lazy-pages");
    const { ended } = await startDaemon(RESTAGE, program);
    await restoreLazily(program);
    expect(await verdictOf(program)).toBe("pass");
    expect(await ended).toEqual({ code: 0, output: "" });
  });

  it("come to parents and children that share memory", async () => {
    const program = await dumpCase("family");
    const { ended } = await startDaemon(RESTAGE, program);
    await restoreLazily(program);
    expect(await verdictOf(program)).toBe("pass");
    await success(ended);
  });
});

describeUnless(noCompiler ?? noCriu, "lazy pages", () => {
  it("come from CRIU's daemon", async () => {
    const program = await dumpCase("lazy-pages");
    const { ended } = await startDaemon([CRIU], program);
    await restoreLazily(program);
    expect(await verdictOf(program)).toBe("pass");
    await success(ended);
  });

  it("come to a tree that CRIU restores", async () => {
    const program = await dumpCase("lazy-pages");
    const { ended } = await startDaemon(RESTAGE, program);
    const { status, stderr } = run([CRIU, "restore", "-d", "--lazy-pages", "-D", program.images]);
    expect(status, stderr).toBe(0);
    expect(await verdictOf(program)).toBe("pass");
    await success(ended);
  });
});

const noDaemon = () => {
  it("without a daemon fails, and leaves nothing", async () => {
    const program = await dumpCase("lone-task");
    await expect(restoreLazily(program)).rejects.toThrow("No lazy-pages daemon listens");
    expect(isRunning(program.pid)).toBe(false);
  });
};
describeDumped("a lazy restore", noDaemon, undefined, ["Restage"]);

describeUnless(noCompiler, "pages that stay in a stopped tree", () => {
  /** A program, and its checkpoint, which gives pages on a port. */
  async function startCheckpoint() {
    const program = await startProgram(join(import.meta.dirname, "lazy-pages"));
    const words = ["checkpoint", String(program.pid), "-D", program.images, "--lazy-pages", ...LOCAL];
    const checkpoint = start([...RESTAGE, ...words]);
    return { program, checkpoint, port: await portOf(checkpoint) };
  }

  async function take(daemon: readonly string[]) {
    const { program, checkpoint, port } = await startCheckpoint();
    const { ended } = await startDaemon(daemon, program, ["--page-server", ...LOCAL, "--port", port]);
    await restoreLazily(program, { newPidNamespace: true });
    expect(await verdictOf(program)).toBe("pass");
    await success(ended);
    await success(checkpoint.ended);
    await program.ended;
  }

  it("go to Restage's daemon, and then the tree ends", () => take(RESTAGE));

  itUnless(noCriu, "go to CRIU's daemon", () => take([CRIU]));

  it("are still there if the daemon fails: the tree goes on", async () => {
    const { program, checkpoint, port } = await startCheckpoint();
    const client = connect(Number(port), "127.0.0.1");
    await once(client, "connect");
    client.destroy();
    expect(await checkpoint.ended).toMatchObject({
      code: 1,
      output: expect.stringContaining("before it had all pages"),
    });
    expect(await verdictOf(program)).toBe("pass");
  });
});

describeUnless(noCompiler, "a page server", () => {
  it("gives the pages of images, and gets those of a checkpoint", async () => {
    const program = await startProgram(join(import.meta.dirname, "lazy-pages"));
    const server = start([...RESTAGE, "page-server", "-D", program.images, ...LOCAL]);
    const where = ["--page-server", ...LOCAL, "--port", await portOf(server)];
    const made = restage(["checkpoint", String(program.pid), "-D", program.images, ...where]);
    expect(made.status, made.stderr).toBe(0);
    await success(server.ended);
    await program.ended;
    const giver = start([...RESTAGE, "page-server", "--lazy-pages", "-D", program.images, ...LOCAL]);
    const from = ["--page-server", ...LOCAL, "--port", await portOf(giver)];
    const { ended } = await startDaemon(RESTAGE, program, from);
    await restoreLazily(program);
    expect(await verdictOf(program)).toBe("pass");
    await success(ended);
    await success(giver.ended);
  });
});

const failures = () => {
  it("that ends takes the tree with it", async () => {
    const program = await dumpCase("lazy-pages");
    const sockets: Socket[] = [];
    const server = createServer((socket) => void sockets.push(socket)).listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => void server.close());
    const { port } = server.address() as { port: number };
    const { ended } = await startDaemon(RESTAGE, program, ["--page-server", ...LOCAL, "--port", String(port)]);
    const restored = restoreLazily(program).then(
      () => "restored",
      (error: Error) => error.message,
    );
    await until(() => sockets.length > 0, "the daemon has connected");
    await until(() => existsSync(`/proc/${program.pid}`), "the tree exists");
    for (const socket of sockets) socket.destroy();
    expect(await ended).toMatchObject({
      code: 1,
      output: expect.stringContaining("the page server has closed the connection"),
    });
    await restored;
    await until(() => !isRunning(program.pid), "the tree has ended");
  });

  it("that is silent takes the tree with it, after a time", async () => {
    const program = await dumpCase("lazy-pages");
    const server = createServer(() => {}).listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => void server.close());
    const { port } = server.address() as { port: number };
    const where = ["--page-server", ...LOCAL, "--port", String(port), "--timeout", "1"];
    const { ended } = await startDaemon(RESTAGE, program, where);
    const restored = restoreLazily(program).catch(() => {});
    expect(await ended).toMatchObject({ code: 1, output: expect.stringContaining("has not answered for 1 s") });
    await restored;
    await until(() => !isRunning(program.pid), "the tree has ended");
  });
};
describeDumped("a page server", failures, undefined, ["Restage"]);

/** Whether a process runs, and is not a zombie. */
function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}
