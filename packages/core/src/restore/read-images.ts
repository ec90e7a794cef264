import {
  type Entry,
  type EntryKindName,
  type ImageSource,
  type InventoryEntry,
  imageFileName,
  imageKinds,
  type Pagemap,
  parseImageFileName,
  readImage,
  readInventory,
  readPagemap,
} from "@restage/images";
import { asRestoreError, RestoreError } from "../errors.ts";
import { guard, missingImage } from "./image-errors.ts";
import { isZombie } from "./tree.ts";

/** All images of a checkpoint, decoded, by file name. */
export interface ReadImages {
  /** Undefined when it is damaged. */
  readonly inventory: InventoryEntry | undefined;
  readonly entries: ReadonlyMap<string, readonly Entry<EntryKindName>[]>;
  readonly pagemaps: ReadonlyMap<string, Pagemap | undefined>;
  /** One for each image that is damaged or missing. */
  readonly failures: readonly RestoreError[];
}

/** Reads all images, but for the contents of memory and of file systems, which tasks read themselves. */
export function readImages(source: ImageSource): ReadImages {
  let inventory: InventoryEntry | undefined;
  const entries = new Map<string, readonly Entry<EntryKindName>[]>();
  const pagemaps = new Map<string, Pagemap | undefined>();
  const failures: RestoreError[] = [];
  const attempt = (read: () => void) => {
    try {
      guard(read);
    } catch (error) {
      failures.push(asRestoreError(error, {}));
    }
  };
  for (const name of source.list()) {
    const kind = parseImageFileName(name)?.kind;
    if (kind === undefined || imageKinds[kind].message === undefined) continue;
    // Statistics, which no restore needs.
    if (imageKinds[kind].header === "service") continue;
    if (kind === "inventory")
      attempt(() => {
        inventory = readInventory(source);
      });
    else if (kind === "pagemap" || kind === "shmem_pagemap")
      attempt(() => void pagemaps.set(name, readPagemap(source, name)));
    else attempt(() => void entries.set(name, readImage(source, name)?.entries as readonly Entry<EntryKindName>[]));
  }
  for (const name of neededImages(entries)) {
    if ((entries.get(name)?.length ?? 0) === 0 && !failures.some(({ entry }) => entry?.split(":", 1)[0] === name))
      failures.push(missingImage(name));
  }
  const isLeftover = leftoversIn(entries);
  return {
    inventory,
    entries,
    pagemaps,
    failures: failures.filter(({ entry }) => entry === undefined || !isLeftover(entry)),
  };
}

/** Kinds of images that are named by the id of a task or a thread. */
const OF_TASKS: readonly string[] = ["core", "fs", "ids", "mm", "pagemap"];

/** Finds images of tasks that are not in the checkpoint. CRIU leaves those of an earlier checkpoint in the directory. Their pages can be overwritten. */
function leftoversIn(entries: ReadImages["entries"]): (entry: string) => boolean {
  const tasks = (entries.get(imageFileName("pstree")) as readonly Entry<"pstree">[] | undefined) ?? [];
  const known = new Set(tasks.flatMap(({ value: { pid, threads } }) => [pid, ...threads]));
  return (entry) => {
    const name = parseImageFileName(entry.split(":", 1)[0] ?? "");
    if (name?.id === undefined || known.size === 0) return false;
    return OF_TASKS.includes(name.kind) && !known.has(name.id);
  };
}

/** @throws RestoreError ERR_IMAGE with all failures, when there are any. */
export function assertReadable({ failures }: ReadImages, { description }: ImageSource): void {
  const [first] = failures;
  if (first === undefined) return;
  if (failures.length === 1) throw first;
  const message = `Cannot read the checkpoint ${description}: ${failures.length} images are damaged or missing`;
  throw new RestoreError("ERR_IMAGE", message, { failures });
}

/** The images that every checkpoint has for its tasks and threads. */
function* neededImages(entries: ReadImages["entries"]): Generator<string> {
  const values = <K extends EntryKindName>(kind: K, id?: number) =>
    (entries.get(imageFileName(kind, id)) ?? []).map((entry) => (entry as Entry<K>).value);
  yield imageFileName("pstree");
  for (const { pid, threads } of values("pstree")) {
    yield imageFileName("core", pid);
    const [core] = values("core", pid);
    if (core === undefined || isZombie(core)) continue;
    for (const tid of threads) yield imageFileName("core", tid);
    yield imageFileName("mm", pid);
    yield imageFileName("fs", pid);
    if (core.ids === undefined) yield imageFileName("ids", pid);
  }
}
