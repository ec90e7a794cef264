import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Socket } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, expect, it } from "vitest";
import { CHECKPOINT, cleanUp, PID, place } from "../../examples/counter/place.ts";
import { end } from "../support/end.ts";
import { expectNothingLeft, survey } from "../support/leftovers.ts";
import { describeUnless, noRoot } from "../support/requirements.ts";
import { COMMAND, ROOT } from "../support/restage.ts";

describeUnless(noRoot, "a restore with --confirm-fd", () => {
  let before: readonly string[] = [];

  beforeEach(() => {
    place();
    before = survey();
  });
  afterEach(async () => {
    await end(PID);
    cleanUp();
  });

  /** Restores, and answers what was asked; undefined for no answer at all. */
  async function restoreAsking(answer: string | undefined) {
    const words = ["restore", "-d", "-D", CHECKPOINT, "--confirm-fd", "3", "--timeout", "2"];
    const child = spawn(process.execPath, [COMMAND, ...words], {
      cwd: ROOT,
      stdio: ["ignore", "ignore", "pipe", "pipe"],
      timeout: 60_000,
    });
    const socket = child.stdio[3] as Socket;
    const stderr = text(child.stderr!);
    const [asked] = (await once(socket, "data")) as [Buffer];
    if (answer !== undefined) socket.write(answer);
    const [status] = (await once(child, "exit")) as [number | null];
    socket.destroy();
    return { asked: String(asked), status, stderr: await stderr };
  }

  it.each([
    ["with no", "no\n", 'it answered "no"'],
    ["too late", undefined, "it has not answered in time"],
  ])("is rolled back when the other process answers %s", async (_how, answer, why) => {
    const { asked, status, stderr } = await restoreAsking(answer);
    expect(asked).toBe(`{"pid":${PID}}\n`);
    expect(status, stderr).toBe(1);
    expect(stderr).toContain(`The process that was asked does not let the tree run: ${why}`);
    await expectNothingLeft(before);
  });

  it("runs the tree when the other process answers yes", async () => {
    const { status, stderr } = await restoreAsking("yes\n");
    expect(status, stderr).toBe(0);
  });
});
