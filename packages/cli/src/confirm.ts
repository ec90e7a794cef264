import { read, writeSync } from "node:fs";
import { definePlugin, type Plugin, RestoreError } from "@restage/core";

const LARGEST = 64;

/**
 * Asks another process whether the tree can run, when all its tasks have confirmed their last stage. It writes `{"pid":PID}`, the root task, and reads a line.
 * Everything but `yes` rolls the restore back.
 *
 * @param fd a connected socket. It is not passed on to the tree.
 */
export function confirmBy(fd: number): Plugin {
  return definePlugin({
    name: "confirm",
    apply({ stages }) {
      stages.RESTORE_CREDS.leave.tapPromise("confirm", async ({ tree }) => {
        writeSync(fd, `${JSON.stringify({ pid: tree.root.hostPid })}\n`);
        const answer = (await readLine(fd)).trim();
        if (answer === "yes") return;
        const why = answer === "" ? "it closed the connection" : `it answered ${JSON.stringify(answer)}`;
        throw new RestoreError("ERR_ORDER", `The process that was asked does not let the tree run: ${why}`);
      });
    },
  });
}

function readLine(fd: number): Promise<string> {
  const bytes = Buffer.alloc(LARGEST);
  return new Promise((resolve, reject) => {
    const more = (length: number): void => {
      read(fd, bytes, length, LARGEST - length, null, (error, count) => {
        if (error !== null) reject(error);
        else if (count === 0 || bytes.includes("\n") || length + count === LARGEST)
          resolve(bytes.toString("utf8", 0, length + count));
        else more(length + count);
      });
    };
    more(0);
  });
}
