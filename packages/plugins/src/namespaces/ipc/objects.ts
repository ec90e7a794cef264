import type { Host } from "@restage/core";
import type { IpcDescEntry } from "@restage/images";
import type { IdsInside } from "../user/ids-inside.ts";

/** System V objects of a kind in the IPC namespace of this thread, each as a map of columns. Source: sysvipc(7). */
export function readObjects(host: Host, kind: "shm" | "sem" | "msg"): readonly ReadonlyMap<string, string>[] {
  const [header = "", ...lines] = (host.readText(`/proc/sysvipc/${kind}`) ?? "").split("\n");
  const columns = header.trim().split(/\s+/);
  return lines.map((line) => {
    const words = line.trim().split(/\s+/);
    return new Map(columns.map((column, index) => [column, words[index] ?? "0"]));
  });
}

/** Key, id, owners and permissions of an object. The columns have owners as ids of this process. */
export function descriptionOf(
  object: ReadonlyMap<string, string>,
  kind: "shm" | "sem" | "msg",
  ids: IdsInside,
): IpcDescEntry {
  const number = (column: string) => Number(object.get(column));
  return {
    // The column is signed.
    key: number("key") >>> 0,
    uid: ids.uid(number("uid")),
    gid: ids.gid(number("gid")),
    cuid: ids.uid(number("cuid")),
    cgid: ids.gid(number("cgid")),
    mode: Number.parseInt(object.get("perms") ?? "0", 8),
    id: number(kind === "msg" ? "msqid" : `${kind}id`),
  };
}
