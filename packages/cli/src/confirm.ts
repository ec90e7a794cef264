import { readSync, writeSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { definePlugin, type Host, type Plugin, RestoreError, struct } from "@restage/core";
import { UNDOABLE_STAGES } from "@restage/core/internal";
import { POLL } from "@restage/linux/abi";

const LARGEST = 64;
/** How long it waits before it looks at its time limit again, in milliseconds. */
const BREAK = 100;

/**
 * Asks another process whether the tree can go on, whenever all its tasks have confirmed a stage. It writes `{"stage":NAME,"pid":PID}`, with the pid of the
 * root task, and reads a line. Everything but `yes`, and no answer in time, rolls the restore back. After the answer to RESTORE_CREDS, the tree runs.
 *
 * @param fd a connected socket. It is not passed on to the tree.
 */
export function confirmBy(fd: number): Plugin {
  return definePlugin({
    name: "confirm",
    apply({ stages }) {
      for (const name of UNDOABLE_STAGES)
        stages[name].leave.tapPromise("confirm", async ({ tree, host, signal, dryRun }) => {
          if (dryRun) return;
          const answer = await ask(fd, { stage: name, pid: tree.root.hostPid }, host, signal);
          if (answer !== "yes") throw denied(`continue after ${name}`, answer);
        });
    },
  });
}

/**
 * Asks another process whether a tree can be saved, and whether it can end. When every thread is stopped, it writes `{"seized":true}` and reads a line: `yes`
 * saves the tree. When the images are complete, and the tree is still stopped, it writes `{"pid":PID,"frozen":MILLISECONDS}`, and reads a line: `yes` ends the
 * tree, and `hold` has it answered by `{"held":true}` and asked again. Everything else resumes the tree.
 *
 * From `hold` on, the tree runs again only if the answer is `no`: if this process dies, or the other one, the tree ends. So the other process can let the
 * images run elsewhere, and no death makes the tree run twice.
 */
export function confirmEndBy(fd: number): Plugin {
  return definePlugin({
    name: "confirm",
    dump({ phases, imagesPublished }) {
      let seized = 0;
      phases.seize.tree.tapPromise("confirm", async (_tree, { host, signal, dryRun }) => {
        seized = performance.now();
        if (dryRun) return;
        const answer = await ask(fd, { seized: true }, host, signal);
        if (answer !== "yes") throw denied("be saved", answer);
      });
      imagesPublished.tapPromise("confirm", async (tree, context) => {
        // It has all the time that it needs: the other process closes the connection when it ends.
        const { host } = context;
        const { signal } = new AbortController();
        const frozen = performance.now() - seized;
        let answer = await ask(fd, { pid: tree.root.hostPid, frozen }, host, signal);
        const isHeld = answer === "hold";
        if (isHeld) {
          context.hold();
          answer = await ask(fd, { held: true }, host, signal).catch(() => "");
        }
        if (answer !== "yes" && !(isHeld && answer !== "no")) throw denied("end", answer);
      });
    },
  });
}

function denied(what: string, answer: string | undefined): RestoreError {
  const why =
    answer === undefined
      ? "it did not answer in time"
      : answer === ""
        ? "it closed the connection"
        : `it answered ${JSON.stringify(answer)}`;
  return new RestoreError("ERR_ORDER", `The process at --confirm-fd did not allow the tree to ${what}: ${why}`);
}

/** Writes a question, and reads the answer. Undefined when the time is over. */
async function ask(fd: number, question: object, host: Host, signal: AbortSignal): Promise<string | undefined> {
  writeSync(fd, `${JSON.stringify(question)}\n`);
  return (await readLine(fd, host, signal))?.trim();
}

/** Reads a line, or what comes before the end of the connection. Undefined when the time is over. */
async function readLine(fd: number, host: Host, signal: AbortSignal): Promise<string | undefined> {
  const bytes = Buffer.alloc(LARGEST);
  for (let length = 0; ; ) {
    while (host.attempt("poll", struct([4, fd], [4, POLL.IN]), 1, BREAK) <= 0) {
      await setImmediate();
      if (signal.aborted) return undefined;
    }
    const count = readSync(fd, bytes, length, LARGEST - length, null);
    length += count;
    if (count === 0 || bytes.includes("\n") || length === LARGEST) return bytes.toString("utf8", 0, length);
  }
}
