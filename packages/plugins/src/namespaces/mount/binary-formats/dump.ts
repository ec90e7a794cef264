import type { DumpContext } from "@restage/core";
import { ownNamespace } from "../../own-namespaces.ts";
import { readMountinfo } from "../mountinfo.ts";
import type { SeizedMounts } from "../seized-mounts.ts";
import { CONTROL_FILES, parseFormat } from "./format.ts";

/** Saves the formats of the tree's own binfmt_misc: each user namespace can have one, from Linux 6.7 on. Those of the machine are not the tree's. */
export function saveFormats(namespaces: readonly SeizedMounts[], context: DumpContext): void {
  const { host, images } = context;
  const [found] = namespaces.flatMap(({ proc, mounts }) => {
    const mount = mounts.find(({ type, root }) => type === "binfmt_misc" && root === "/");
    return mount === undefined ? [] : [{ proc, mount }];
  });
  if (found === undefined || ownNamespace(context, "user") === undefined) return;
  const { proc, mount } = found;
  if (readMountinfo(host, "/proc/self").some(({ device }) => device === mount.device)) return;
  const directory = `${proc}/root${mount.mountPoint}`;
  for (const name of host.list(directory) ?? []) {
    if (CONTROL_FILES.includes(name)) continue;
    const text = host.readText(`${directory}/${name}`, "utf8");
    if (text !== undefined) images.add("binfmt_misc", undefined, { value: parseFormat(name, text) });
  }
}
