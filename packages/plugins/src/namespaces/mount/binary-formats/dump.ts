import type { DumpContext } from "@restage/core";
import { ownNamespace } from "../../own-namespaces.ts";
import { type Mountinfo, readMountinfo } from "../mountinfo.ts";
import { CONTROL_FILES, parseFormat } from "./format.ts";

/** Saves the formats of the tree's own binfmt_misc: each user namespace can have one, from Linux 6.7 on. Those of the machine are not the tree's. */
export function saveFormats(mounts: readonly Mountinfo[], context: DumpContext): void {
  const { host, images, tree } = context;
  const mount = mounts.find(({ type, root }) => type === "binfmt_misc" && root === "/");
  if (mount === undefined || ownNamespace(context, "user") === undefined) return;
  if (readMountinfo(host, "/proc/self").some(({ device }) => device === mount.device)) return;
  const directory = `${tree.root.proc}/root${mount.mountPoint}`;
  for (const name of host.list(directory) ?? []) {
    if (CONTROL_FILES.includes(name)) continue;
    const text = host.readText(`${directory}/${name}`, "utf8");
    if (text !== undefined) images.add("binfmt_misc", undefined, { value: parseFormat(name, text) });
  }
}
