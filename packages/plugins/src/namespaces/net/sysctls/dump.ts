import type { DumpContext, Host } from "@restage/core";
import { encodeSysctl, linkFolders, NAMESPACE_SYSCTLS } from "./format.ts";

type Folder = ReturnType<typeof linkFolders>[number] | (typeof NAMESPACE_SYSCTLS)[number];

/** Saves the settings of a network namespace: for all links, for new links, and for sockets. */
export function saveNetworkSysctls({ host, images }: DumpContext, namespace: number): void {
  images.add("netns", namespace, { value: Object.fromEntries(NAMESPACE_SYSCTLS.map((folder) => read(host, folder))) });
}

/** The settings of a link, by field of its entry. */
export function readLinkSysctls(host: Host, name: string) {
  return Object.fromEntries(linkFolders(name).map((folder) => read(host, folder)));
}

/** An entry for every name, also for those that this kernel does not have. */
function read(host: Host, { field, folder, names }: Folder) {
  return [field, names.map((name) => encodeSysctl(name, host.readText(`/proc/sys/${folder}/${name}`)))] as const;
}
