import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Socket } from "node:net";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, expect, it } from "vitest";
import { CHECKPOINT, cleanUp, PID, place } from "../../examples/counter/place.ts";
import { end } from "../support/end.ts";
import { expectNothingLeft, survey } from "../support/leftovers.ts";
import { describeUnless, noRoot } from "../support/requirements.ts";
import { COMMAND, ROOT } from "../support/restage.ts";

const STAGES = ["ROOT_TASK", "PREPARE_NAMESPACES", "FORKING", "RESTORE", "RESTORE_SIGCHLD", "RESTORE_CREDS"];

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

  /** Restores, and answers `yes` until a stage, and what is given after it; undefined for no answer at all. Returns what was asked. */
  async function restoreAsking(answer: string | undefined, last: string = "RESTORE_CREDS") {
    const words = ["restore", "-d", "-D", CHECKPOINT, "--confirm-fd", "3", "--timeout", "2"];
    const child = spawn(process.execPath, [COMMAND, ...words], {
      cwd: ROOT,
      stdio: ["ignore", "ignore", "pipe", "pipe"],
      timeout: 60_000,
    });
    const socket = child.stdio[3] as Socket;
    const stderr = text(child.stderr!);
    const asked: unknown[] = [];
    const exit = once(child, "exit") as Promise<[number | null]>;
    for await (const line of createInterface(socket)) {
      const question: unknown = JSON.parse(line);
      asked.push(question);
      const isLast = (question as { readonly stage: string }).stage === last;
      if (!isLast) socket.write("yes\n");
      else if (answer !== undefined) socket.write(answer);
    }
    const [status] = await exit;
    socket.destroy();
    return { asked, status, stderr: await stderr };
  }

  it.each([
    ["with no", "no\n", 'it answered "no"'],
    ["too late", undefined, "it did not answer in time"],
  ])("is rolled back when the other process answers %s", async (_how, answer, why) => {
    const { asked, status, stderr } = await restoreAsking(answer);
    expect(asked).toEqual(STAGES.map((stage) => ({ stage, pid: PID })));
    expect(status, stderr).toBe(1);
    expect(stderr).toContain(
      `The process at --confirm-fd did not allow the tree to continue after RESTORE_CREDS: ${why}`,
    );
    await expectNothingLeft(before);
  });

  it.each(STAGES)("is rolled back when the other process answers no after %s", async (stage) => {
    const { asked, status, stderr } = await restoreAsking("no\n", stage);
    expect(asked.at(-1)).toEqual({ stage, pid: PID });
    expect(status, stderr).toBe(1);
    await expectNothingLeft(before);
  });

  it("runs the tree when the other process answers yes", async () => {
    const { status, stderr } = await restoreAsking("yes\n");
    expect(status, stderr).toBe(0);
  });
});
