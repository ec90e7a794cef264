import type { RestoreRequest } from "@restage/core";
import { expect, it } from "vitest";
import { restoreWithCriu } from "../support/criu.ts";
import { itUnless, noCriu, type Obstacle } from "../support/requirements.ts";
import { type CaseOptions, type DumpedProgram, dumpCase, restoreProgram, verdictOf } from "./case.ts";
import { isRestage } from "./dumpers.ts";

/** Why CRIU 4.2 does not restore a case, from its own images either. */
const NOT_BY_CRIU: Readonly<Record<string, string>> = {
  "alarm-timerfds": "it refuses timerfds of alarm clocks",
  "bpf-maps": "it was built without libbpf",
  console: "it gives the terminal another path",
  "deleted-files": "it leaves deleted directories behind",
  "file-owners": "it sets the owner of a file before that task exists",
  "inet-sockets": "it cannot bind to an address that the machine does not have",
  "ipc-objects": "it cannot make segments that exceed the limits",
  "memfd-program": "it cannot execute a memfd",
  "more-locks": "its restore of leases sends signals",
  "parent-death-signal": "the end of its coordinator ends the tree",
  "pending-trap": "it loses the signal",
  "signal-limit": "it cannot exceed the limit of queued signals",
  "stopped-tasks": "it ends a stopped task",
  "terminal-queues": "it does not put back what was echoed",
  terminals: "it loses settings",
  "tree-shapes": "it gives tasks other parents",
  "thread-areas": "it loses the segment in GS",
  tun: "it does not set the sizes of buffers",
  "unix-sockets": "it leaves a deleted directory behind",
  "watched-files": "what it does to the files causes events",
};

/** The options of `criu restore` for what cases ask of a restore. */
const FLAGS: Readonly<Record<string, (value: unknown) => readonly string[]>> = {
  tcpEstablished: () => ["--tcp-established"],
  extUnixSockets: () => ["--ext-unix-sk"],
  fileLocks: () => ["--file-locks"],
  root: (directory) => ["--root", String(directory)],
};

type Request = Partial<RestoreRequest>;

/**
 * Tests that a case comes back: the current dumper saves it, Restage restores it, and it examines itself. What Restage saved is also restored
 * by CRIU, if CRIU can restore the case.
 *
 * @param name of the case.
 * @param request what is asked of the restore; can depend on the program.
 */
export function itComesBack(
  title: string,
  name: string,
  options: CaseOptions = {},
  request: Request | ((program: DumpedProgram) => Request) = {},
): void {
  const restoredBy = async (restore: (program: DumpedProgram, request: Request) => unknown) => {
    const program = await dumpCase(name, options);
    await restore(program, typeof request === "function" ? request(program) : request);
    expect(await verdictOf(program)).toBe("pass");
  };
  it(title, () => restoredBy(restoreProgram));
  if (!isRestage()) return;
  itUnless(noCriu ?? obstacleOf(name), `${title}, by CRIU`, () =>
    restoredBy(({ images }, request) => restoreWithCriu(images, flagsFor(request))),
  );
}

function obstacleOf(name: string): Obstacle {
  const reason = NOT_BY_CRIU[name];
  return reason === undefined ? undefined : `CRIU 4.2 cannot restore it: ${reason}`;
}

function flagsFor(request: Request): readonly string[] {
  return Object.entries(request).flatMap(([name, value]) => {
    const flag = FLAGS[name];
    if (flag === undefined) throw new Error(`CRIU has no option for ${name}`);
    return flag(value);
  });
}
