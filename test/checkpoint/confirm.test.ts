import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import type { Duplex } from "node:stream";
import { expect, it, onTestFinished } from "vitest";
import { end } from "../support/end.ts";
import { isRunning, statusOf } from "../support/proc.ts";
import { describeUnless, noRoot } from "../support/requirements.ts";
import { COMMAND } from "../support/restage.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { until } from "../support/until.ts";

/** What happens to the one who asks or the one who answers. */
type Event = "no" | "yes" | "hold" | "close" | "kill";

describeUnless(noRoot, "a checkpoint with --confirm-fd", () => {
  it.each<{ readonly events: readonly Event[]; readonly survives: boolean }>([
    { events: ["no"], survives: true },
    { events: ["close"], survives: true },
    { events: ["kill"], survives: true },
    { events: ["yes", "yes"], survives: false },
    { events: ["yes", "no"], survives: true },
    { events: ["yes", "close"], survives: true },
    { events: ["yes", "kill"], survives: true },
    { events: ["yes", "hold", "yes"], survives: false },
    { events: ["yes", "hold", "no"], survives: true },
    { events: ["yes", "hold", "close"], survives: false },
    { events: ["yes", "hold", "kill"], survives: false },
  ])("after $events, the tree survives: $survives", async ({ events, survives }) => {
    const { pid = 0 } = spawn("sleep", ["86412"], { detached: true, stdio: "ignore", cwd: "/" });
    onTestFinished(() => end(pid));
    const images = temporaryDirectory("confirm");
    const words = [COMMAND, "checkpoint", String(pid), "-D", images, "--no-config", "--confirm-fd", "3"];
    const command = spawn(process.execPath, words, { stdio: ["ignore", "ignore", "ignore", "pipe"] });
    onTestFinished(() => void command.kill("SIGKILL"));
    const ended = new Promise((resolve) => command.once("exit", resolve));
    const socket = command.stdio[3] as Duplex;
    const questions = createInterface(socket)[Symbol.asyncIterator]();
    for (const [index, event] of events.entries()) {
      const { value } = await questions.next();
      expect(JSON.parse(String(value))).toHaveProperty(["seized", "pid", "held"][index] ?? "");
      expect(existsSync(`${images}/inventory.img`)).toBe(index > 0);
      act(event, command, socket);
    }
    await ended;
    await until(() => !statusOf(pid, "State")?.startsWith("t"), "the tree is no longer traced");
    // What the kernel kills with its tracer ends a moment later.
    if (!survives) await until(() => !isRunning(pid), "the tree has ended");
    expect(isRunning(pid)).toBe(survives);
  });
});

function act(event: Event, command: ChildProcess, socket: Duplex): void {
  if (event === "close") socket.destroy();
  else if (event === "kill") command.kill("SIGKILL");
  else socket.write(`${event}\n`);
}
