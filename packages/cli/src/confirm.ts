import { readSync, writeSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { definePlugin, type Host, type Plugin, RestoreError, struct } from "@restage/core";
import { POLL } from "@restage/linux/abi";

const LARGEST = 64;
/** How long it waits before it looks at its time limit again, in milliseconds. */
const BREAK = 100;

/**
 * Asks another process whether the tree can run, when all its tasks have confirmed their last stage. It writes `{"pid":PID}`, the root task, and reads a line.
 * Everything but `yes`, and no answer in time, rolls the restore back.
 *
 * @param fd a connected socket. It is not passed on to the tree.
 */
export function confirmBy(fd: number): Plugin {
  return definePlugin({
    name: "confirm",
    apply({ stages }) {
      stages.RESTORE_CREDS.leave.tapPromise("confirm", async ({ tree, host, signal }) => {
        writeSync(fd, `${JSON.stringify({ pid: tree.root.hostPid })}\n`);
        const answer = await readLine(fd, host, signal);
        if (answer?.trim() === "yes") return;
        const why =
          answer === undefined
            ? "it has not answered in time"
            : answer === ""
              ? "it closed the connection"
              : `it answered ${JSON.stringify(answer.trim())}`;
        throw new RestoreError("ERR_ORDER", `The process that was asked does not let the tree run: ${why}`);
      });
    },
  });
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
