import type { Runtime } from "../restore/restores.ts";
import { PLACE } from "../support/fixture-executable.ts";

/** How a fixture is checkpointed and restored. */
export interface Trip {
  readonly runtimes: readonly Runtime[];
  /** Options of both `restage checkpoint` and `criu dump`. */
  readonly checkpoint?: readonly string[];
  /** Options of both `restage restore` and `criu restore`. */
  readonly restore?: readonly string[];
}

const everywhere: Trip = { runtimes: ["node", "deno", "bun"] };
const onNode: Trip = { runtimes: ["node"] };

/** A container's tree, with its root directory and external mounts. */
const container = (name: string): Trip => ({
  ...onNode,
  checkpoint: [
    ["--external", `mnt[${PLACE}/${name}]:dir`],
    ["--external", `mnt[${PLACE}/fixture]:exe`],
  ].flat(),
  restore: [
    ["--root", `${PLACE}/${name}.root`, "--skip-file-rwx-check"],
    ["--external", `mnt[dir]:${PLACE}/${name}`],
    ["--external", `mnt[exe]:${PLACE}/fixture`],
  ].flat(),
});

/** Every fixture that makes the round trip. */
export const TRIPS: Readonly<Record<string, Trip>> = {
  counter: everywhere,
  tree: everywhere,
  threads: everywhere,
  registers: onNode,
  vdso: onNode,
  many: onNode,
  pipes: onNode,
  signals: onNode,
  creds: onNode,
  seccomp: onNode,
  "shared-resources": onNode,
  attributes: onNode,
  files: onNode,
  locks: { ...onNode, checkpoint: ["--file-locks"], restore: ["--file-locks"] },
  "unix-sockets": onNode,
  inet: onNode,
  "tcp-established": { ...onNode, checkpoint: ["--tcp-established"], restore: ["--tcp-established"] },
  polling: onNode,
  memory: onNode,
  pty: onNode,
  timens: onNode,
  "tcp-queued": { ...onNode, checkpoint: ["--tcp-established"], restore: ["--tcp-established"] },
  namespaces: container("namespaces"),
  userns: container("userns"),
  shm: { ...onNode, restore: ["--skip-file-rwx-check"] },
};
