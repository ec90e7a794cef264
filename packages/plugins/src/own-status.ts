import type { Host } from "@restage/core";
import { type CapabilityName, hasCapability } from "@restage/linux/abi";

type Status = ReadonlyMap<string, string> | undefined;

/** What has been read for a restore. */
const known = new WeakMap<Host, { readonly status: Status }>();

/** The fields of this process's /proc/self/status by name, read once for each restore; undefined when it cannot be read, as in a dry run. */
export function readOwnStatus(host: Host): Status {
  const status = known.has(host) ? known.get(host)?.status : read(host);
  known.set(host, { status });
  return status;
}

function read(host: Host): Status {
  const lines = host.readText("/proc/self/status")?.split("\n");
  return lines && new Map(lines.map((line) => splitAt(line, line.indexOf(":"))));
}

function splitAt(line: string, colon: number): readonly [string, string] {
  return [line.slice(0, colon), line.slice(colon + 1).trim()];
}

/** Whether this process has a capability; undefined when that is unknown. */
export function hasOwnCapability(host: Host, name: CapabilityName): boolean | undefined {
  const effective = readOwnStatus(host)?.get("CapEff");
  return effective === undefined ? undefined : hasCapability(BigInt(`0x${effective}`), name);
}
