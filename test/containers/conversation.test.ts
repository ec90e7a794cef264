import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { describeUnless, noCriu } from "../support/requirements.ts";
import { ConsoleSocket } from "./console-socket.ts";
import { noBusybox, noRunc, type Program } from "./programs.ts";
import { type Conversation, noRecorder, Recorder } from "./recorder.ts";
import { RuncContainer } from "./runc-container.ts";

/** The conversations of runc with CRIU. `RECORD=1 CRIU=PATH` records them again. */
const FILE = join(import.meta.dirname, "conversations.json");
const RECORD = process.env["RECORD"] === "1";

/** Saves a container with a terminal twice, restores it, and fails to restore it without its pages. */
async function talk(program: Program): Promise<readonly Conversation[]> {
  const recorder = new Recorder(program);
  const container = new RuncContainer(({ process }) => {
    process.terminal = true;
  });
  const socket = await ConsoleSocket.open();
  container.run("--console-socket", socket.path);
  socket.receive();
  await container.expectCounting(0);
  container.checkpoint(recorder, "--leave-running");
  container.checkpoint(recorder);
  container.restore(recorder, "--console-socket", socket.path);
  socket.receive();
  await container.expectCounting(0);
  container.delete();
  rmSync(join(container.images, "inventory.img"));
  expect(container.tryToRestore(recorder)).not.toBe(0);
  return recorder.conversations;
}

describeUnless(noRunc ?? noBusybox ?? noRecorder ?? (RECORD ? noCriu : undefined), "runc", () => {
  it("gets the answers and notifications from Restage that CRIU gave it", async () => {
    if (RECORD) writeFileSync(FILE, `${JSON.stringify(await talk("CRIU"), undefined, 2)}\n`);
    expect(existsSync(FILE)).toBe(true);
    const recorded = JSON.parse(readFileSync(FILE, "utf8")) as Conversation[];
    expect(answersIn(await talk("Restage"))).toEqual(answersIn(recorded));
  });
});

/** What the caller got, but for the master of the terminal: in CRIU, a restored task sends it, which the recorder does not trace. */
function answersIn(conversations: readonly Conversation[]): readonly (readonly object[])[] {
  return conversations.map((messages) =>
    messages.flatMap(([sender, message]) => {
      const { notify } = message as { notify?: { script: string } };
      return sender === "criu" && notify?.script !== "orphan-pts-master" ? message : [];
    }),
  );
}
