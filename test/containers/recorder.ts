import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { decodeMessage } from "@restage/images";
import { criuReq, criuResp } from "../../packages/cli/src/rpc/messages.ts";
import { CRIU, type Obstacle, succeeds } from "../support/requirements.ts";
import { COMMAND } from "../support/restage.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import type { Program } from "./programs.ts";

export const noRecorder: Obstacle = succeeds("strace") ? undefined : "needs strace";

/** System calls that take a message from the caller, or send one. */
const RECEIVING = ["read", "recvfrom", "recvmsg"];
const CALLS = [...RECEIVING, "write", "sendto", "sendmsg"];
/** What differs from run to run. */
const VARYING = /^(pid|cr_errmsg|.*_fd)$/;

/** What a caller and `criu swrk` sent each other. */
export type Conversation = readonly (readonly [sender: "caller" | "criu", message: object])[];

/** A `criu` whose conversations with container engines are recorded. */
export class Recorder {
  readonly directory = temporaryDirectory("recorder");
  readonly #records = temporaryDirectory("records");

  constructor(program: Program) {
    const command = program === "CRIU" ? CRIU : `${process.execPath} ${COMMAND} criu`;
    const calls = `--trace=${CALLS.join(",")}`;
    // The tracer is a grandchild: the program keeps its pid, its parent and its children.
    const strace = `strace -D -y -xx -s 100000 ${calls} -o ${this.#records}/$$.$2`;
    writeFileSync(join(this.directory, "criu"), `#!/bin/sh\nexec ${strace} ${command} "$@"\n`, { mode: 0o755 });
  }

  /** All conversations so far, in their order. */
  get conversations(): readonly Conversation[] {
    const born = (name: string) => statSync(join(this.#records, name)).birthtimeMs;
    const records = readdirSync(this.#records).sort((a, b) => born(a) - born(b));
    return records.map((name) =>
      readRecord(readFileSync(join(this.#records, name), "latin1"), name.split(".")[1] ?? ""),
    );
  }
}

/** CRIU uses copies of the descriptor too, so the socket is known by its inode. */
function readRecord(text: string, descriptor: string): Conversation {
  const [, socket = ""] = new RegExp(`\\(${descriptor}<([^>]+)>`).exec(text) ?? [];
  return text.split("\n").flatMap((line) => {
    const [, call = "", file, hex = ""] = /^(\w+)\(\d+<([^>]+)>, .*?"((?:\\x..)*)".*= [1-9]/.exec(line) ?? [];
    if (file !== socket) return [];
    const bytes = Buffer.from(hex.replaceAll("\\x", ""), "hex");
    const isRequest = RECEIVING.includes(call);
    const message = decodeMessage<object>(isRequest ? criuReq : criuResp, bytes);
    return [[isRequest ? "caller" : "criu", steady(message)] as const];
  });
}

/** A message without what differs from run to run. With an answer of success, CRIU can send an error that it did not mind. */
function steady(message: { success?: boolean }): object {
  const { cr_errmsg, ...rest } = message as { cr_errmsg?: string; success?: boolean };
  const kept = cr_errmsg === undefined || rest.success === true ? rest : { ...rest, cr_errmsg };
  return JSON.parse(JSON.stringify(kept), (key, value: unknown) => {
    if (VARYING.test(key)) return `any ${key}`;
    return typeof value === "string" ? value.replaceAll(/\/tmp\/restage-\w+-\w+|restage-\d+-\d+/g, "ANY") : value;
  }) as object;
}
