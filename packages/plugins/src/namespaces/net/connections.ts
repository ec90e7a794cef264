import type { ImageSet, RestoreOptions } from "@restage/core";
import { IPPROTO, TCP_STATE } from "@restage/linux/abi";

/** Whether a network namespace gets TCP connections. Packets that arrive too early would end them. */
export function hasConnections(
  { images, options }: { readonly images: ImageSet; readonly options: Pick<RestoreOptions, "tcpEstablished"> },
  id: number,
): boolean {
  if (!options.tcpEstablished) return false;
  return [...images.files.values()].some(
    ({ isk }) => isk?.proto === IPPROTO.TCP && isk.state !== TCP_STATE.LISTEN && (isk.ns_id ?? id) === id,
  );
}
