import type { DumpContext } from "@restage/core";
import { ipcNextIds, ipcSysctls } from "@restage/images";

/** Saves the sysctls of the namespace that this kernel has. */
export function saveVariables({ host, images }: DumpContext, namespace: number): void {
  const read = (path: string) => host.readText(`/proc/sys/${path}`)?.trim().split(/\s+/) ?? [];
  const entry = Object.entries(ipcSysctls).map(([field, path]) => {
    const words = read(path);
    if (field === "sem_ctls") return [field, words.map(Number)] as const;
    const isLong = field === "shm_ctlmax" || field === "shm_ctlall";
    return [field, isLong ? BigInt(words[0] ?? 0) : words[0] === undefined ? undefined : Number(words[0])] as const;
  });
  const chosen = Object.entries(ipcNextIds).flatMap(([field, path]) => {
    const next = Number(read(path)[0] ?? -1);
    return next < 0 ? [] : [[field, next] as const];
  });
  images.add("ipc_var", namespace, { value: Object.fromEntries([...entry, ...chosen]) });
}
