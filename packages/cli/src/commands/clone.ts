import { connect } from "node:net";
import { resolve } from "node:path";
import { type RestoredTree, RestoreError, type RestoreErrorData } from "@restage/core";
import type { CloneOrder } from "../clones/request.ts";
import { EXIT } from "../exit-codes.ts";
import { CLONES_ADDRESS, type Settings } from "../options/settings.ts";
import { print } from "../report/print.ts";
import { printError } from "../report/print-error.ts";

/** Asks `restage serve` for a clone, and prints the pid of its root task. Returns the exit code. */
export async function cloneCommand({ service, restore, values, json }: Settings): Promise<number> {
  const pidfile = restore.pidfile === undefined ? {} : { pidfile: resolve(restore.pidfile) };
  const line = await ask(resolve(service.address ?? CLONES_ADDRESS), { values, ...pidfile });
  const answer = JSON.parse(line) as RestoredTree | { readonly error: RestoreErrorData };
  if (json) print(`${line}\n`);
  else if ("error" in answer) printError(RestoreError.fromJSON(answer.error));
  else print(`${answer.pid}\n`);
  return "error" in answer ? EXIT.FAILED : EXIT.OK;
}

/** Sends a request. Returns the line of the answer. Throws ERR_OPTION when nobody answers. */
function ask(address: string, order: CloneOrder): Promise<string> {
  return new Promise((answered, failed) => {
    const socket = connect({ path: address });
    let text = "";
    socket.setEncoding("utf8");
    socket.on("connect", () => socket.write(`${JSON.stringify(order)}\n`));
    socket.on("data", (part: string) => {
      text += part;
      if (!text.endsWith("\n")) return;
      socket.destroy();
      answered(text.trimEnd());
    });
    socket.on("error", (error) => {
      const hint = `start one: restage serve DIR --address ${address}`;
      failed(new RestoreError("ERR_OPTION", `No service answers at ${address}: ${error.message}`, { hint }));
    });
    socket.on("end", () => {
      failed(new RestoreError("ERR_OPTION", `The service at ${address} closed the connection without an answer`));
    });
  });
}
