import type { StageContext, Task, Value } from "@restage/core";
import { type BinfmtMiscEntry, encodeText, fstype } from "@restage/images";
import { O } from "@restage/linux/abi";
import type { FileSystem, Part } from "../file-systems.ts";
import type { Mount } from "../mount-tree.ts";
import { printFormat } from "./format.ts";
import { readFormats } from "./read-formats.ts";

/**
 * Registers the formats of each binfmt_misc, through the first mount that shows it. The task has its new root directory: with the flag F, the kernel opens
 * the interpreter at once.
 *
 * @param registered those that are complete.
 */
export function registerFormats(
  root: Task,
  { images }: StageContext,
  parts: ReadonlyMap<Mount, Part>,
  mounts: ReadonlyMap<Mount, Value>,
  registered: Set<FileSystem>,
): void {
  for (const [mount, descriptor] of mounts) {
    const part = parts.get(mount);
    if (part === undefined || part.path !== "" || registered.has(part.of)) continue;
    if (mount.entry.fstype !== fstype.BINFMT_MISC || part.of.source.kind !== "new") continue;
    registered.add(part.of);
    for (const format of readFormats(images, part.of.entry)) registerFormat(root, descriptor, format);
  }
}

function registerFormat({ call }: Task, mount: Value, format: BinfmtMiscEntry): void {
  const write = (name: string, text: string) => {
    const file = call.openat(mount, name, O.WRONLY | O.CLOEXEC, 0);
    const bytes = encodeText(text);
    call.write(file, bytes, bytes.length).expect(bytes.length);
    call.close(file);
  };
  write("register", printFormat(format));
  if (!format.enabled) write(format.name, "0");
}
