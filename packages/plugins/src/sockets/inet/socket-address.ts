import { data, type Value } from "@restage/core";
import type { Data } from "@restage/linux";
import { encodeAddress, type InetEnd, SCOPE_OFFSET } from "./format.ts";

/**
 * An address for bind, connect and sendto.
 *
 * @param scope the index of the network device, for addresses that are valid on one link only.
 */
export function socketAddress(family: number, end: InetEnd, scope: Value = 0): Data {
  return data(encodeAddress(family, end), scope === 0 ? [] : [{ offset: SCOPE_OFFSET, size: 4, value: scope }]);
}
