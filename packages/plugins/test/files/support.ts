import type { PluginTest } from "@restage/core/testing";
import { descriptors } from "../../src/files/descriptors/restore.ts";
import { regularFiles } from "../../src/files/regular-file/restore.ts";
import { rootTask } from "../../src/forking/root-task/restore.ts";
import { netNamespaces } from "../../src/namespaces/net/restore.ts";
import { transportSockets } from "../../src/transport/sockets/restore.ts";

/** What asks openers to open. */
export const openers = [rootTask(), netNamespaces(), transportSockets(), descriptors()];
/** Openers, and those who know paths. */
export const withPaths = [...openers, regularFiles()];

/** A task with one descriptor, 3, of file 3. */
export const task = { pid: 7, descriptors: [{ fd: 3, id: 3 }] };

/** A regular file as it is on the host. */
export function onHost(path: string, size: bigint, mode = 0o100644): NonNullable<PluginTest["host"]> {
  return { files: { [path]: { size, mode } } };
}
