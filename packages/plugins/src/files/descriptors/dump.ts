import { definePlugin, type FileDescription, type OpenFile, type Plugin } from "@restage/core";
import { fdTypes } from "@restage/images";
import { FD_CLOEXEC } from "@restage/linux/abi";

/** Saves descriptor tables and writes files.img. */
export function descriptors(): Plugin {
  return definePlugin({
    name: "descriptors",
    duty: "descriptors",
    phases: { inspect: "copies all descriptors of the tree", write: "writes files.img and the descriptor tables" },
    dump({ phases }) {
      const tables = new Set<number>();
      phases.inspect.task.tap("descriptors", (task, { files }) => {
        const table = task.ids.files_id ?? 0;
        if (!tables.has(table)) files.addDescriptors(task);
        tables.add(table);
      });
      phases.write.tree.tap("descriptors", ({ alive }, { files, images }) => {
        for (const { ids } of alive) images.image("fdinfo", ids.files_id);
        for (const file of inOrder(files.all)) {
          for (const entry of entriesOf(file)) images.add("files", undefined, { value: { ...entry, id: file.id } });
          for (const { task, descriptor, cloexec } of file.holders) {
            const type = file.entry?.type ?? fdTypes.UND;
            const value = { id: file.id, flags: cloexec ? FD_CLOEXEC : 0, type, fd: descriptor };
            images.add("fdinfo", task.ids.files_id, { value });
          }
        }
      });
    },
  });
}

/** A file of a TUN device has two entries: the regular file, and the device. */
function entriesOf({ entry = { type: fdTypes.UND } }: OpenFile): readonly FileDescription[] {
  const { reg, ...device } = entry;
  if (reg === undefined || entry.type === fdTypes.REG) return [entry];
  return [{ type: fdTypes.REG, reg }, device];
}

/**
 * The order of files.img. A Unix socket comes after its peer: CRIU fills the queue of the second end of a pair from the first.
 */
function inOrder(files: readonly OpenFile[]): readonly OpenFile[] {
  const bySocket = new Map(files.map((file) => [file.entry?.usk?.ino, file]));
  const seen = new Set<OpenFile>();
  const waiting = new Map<OpenFile, OpenFile[]>();
  const ordered: OpenFile[] = [];
  const put = (file: OpenFile): void => {
    ordered.push(file);
    for (const other of waiting.get(file) ?? []) put(other);
  };
  for (const file of files) {
    seen.add(file);
    const peer = file.entry?.usk === undefined ? undefined : bySocket.get(file.entry.usk.peer);
    if (peer === undefined || seen.has(peer)) put(file);
    else waiting.set(peer, [...(waiting.get(peer) ?? []), file]);
  }
  return ordered;
}
