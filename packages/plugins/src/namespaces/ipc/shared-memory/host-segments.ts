import { type Host, type Plan, RestoreError, type StageContext, type Task } from "@restage/core";
import type { IpcShmEntry } from "@restage/images";
import { IPC, SHM_MODE, SHMID64_DS_SIZE } from "@restage/linux/abi";
import { hasOwnNamespace, namespaceId } from "../../own-namespaces.ts";
import { readObjects } from "../objects.ts";
import { argument, creationFlags, permissions } from "../permissions.ts";
import { fillSegment, type Segment } from "./restore.ts";

/** A segment that exists in the IPC namespace of this process. */
interface Found {
  readonly id: number;
  readonly key: number;
  readonly size: number;
  /** How many mappings it has. */
  readonly attached: number;
  readonly isRemoved: boolean;
}

/** The segments that a tree without an IPC namespace of its own has attached. */
export function hostSegments({ images, tree, options }: Plan): readonly Segment[] {
  const id = namespaceId(tree.root, "ipc");
  const isHosts = !hasOwnNamespace(images, tree.root, "ipc") && options.joinNamespaces.ipc === undefined;
  return isHosts && id !== undefined ? images.entries("ipcns_shm", id) : [];
}

/** Refuses segments whose id or key another one has, and those that a process has attached: it would see their content change. */
export function checkHostSegments(plan: Plan, segments: readonly Segment[]): void {
  if (segments.length === 0) return;
  const found = findSegments(plan.host);
  for (const { value } of segments) {
    const { id, key } = value.desc;
    const refuse = (why: string, other: number) =>
      plan.refuse({
        what: `System V shared memory ${id}`,
        why,
        hint: `end the processes that use it, and remove it: ipcrm -m ${other}`,
        remedy: "machine",
      });
    const same = found.find((other) => other.id === id);
    const rival = found.find((other) => key !== 0 && other.key === key && other.id !== id);
    if (rival !== undefined) refuse(`segment ${rival.id} has its key`, rival.id);
    if (same === undefined) continue;
    if (!isSame(same, value)) refuse("another segment has its id", id);
    else if (same.attached > 0) refuse("processes outside the tree have attached it", id);
  }
}

/** Makes segments that are gone, and fills all of them. The root task fills each at an address that is free in every task. */
export function restoreHostSegments(root: Task, segments: readonly Segment[], context: StageContext): void {
  const found = findSegments(context.host);
  for (const segment of segments) {
    const exists = found.some(({ id }) => id === segment.value.desc.id);
    if (!exists) makeSegment(context.host, segment.value);
    fillSegment(root, segment, context, exists);
  }
}

function makeSegment(host: Host, { desc, size }: IpcShmEntry): void {
  const { id, key } = desc;
  host.writeFile("/proc/sys/kernel/shm_next_id", String(id));
  const made = host
    .undoneBy((call) => call.shmctl(id, IPC.RMID, 0).allow("EINVAL"))
    .shmget(key, size, creationFlags(desc));
  if (made.result !== id) {
    made.undone();
    host.call.shmctl(made.result, IPC.RMID, 0);
    throw new RestoreError("ERR_KERNEL", `Cannot make System V shared memory ${id}: the kernel chose another id`);
  }
  host.call.shmctl(id, IPC.SET, argument(permissions(desc, SHMID64_DS_SIZE)));
}

function findSegments(host: Host): readonly Found[] {
  return readObjects(host, "shm").map((object) => {
    const number = (column: string) => Number(object.get(column));
    return {
      id: number("shmid"),
      // The column is signed.
      key: number("key") >>> 0,
      size: number("size"),
      attached: number("nattch"),
      isRemoved: (Number.parseInt(object.get("perms") ?? "0", 8) & SHM_MODE.DEST) !== 0,
    };
  });
}

function isSame({ key, size, isRemoved }: Found, { desc, size: wanted }: IpcShmEntry): boolean {
  return key === desc.key && BigInt(size) === wanted && !isRemoved && (desc.mode & SHM_MODE.DEST) === 0;
}
