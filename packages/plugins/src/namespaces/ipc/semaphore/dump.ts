import { type DumpContext, output } from "@restage/core";
import { GETALL } from "@restage/linux/abi";
import { idsInside } from "../../user/ids-inside.ts";
import { descriptionOf, readObjects } from "../objects.ts";

/** Saves System V semaphores with their values. */
export function saveSemaphores(context: DumpContext, namespace: number): void {
  const { host, images } = context;
  for (const object of readObjects(host, "sem")) {
    const desc = descriptionOf(object, "sem", idsInside(context));
    const nsems = Number(object.get("nsems"));
    const room = output(2 * nsems);
    host.call.semctl(desc.id, 0, GETALL, room);
    const values = [...new Uint16Array(room.bytes.buffer, room.bytes.byteOffset, nsems)];
    images.add("ipcns_sem", namespace, { value: { desc, nsems }, extra: { values } });
  }
}
