import type { DumpContext } from "@restage/core";
import { NETLINK, SOCK_DIAG_BY_FAMILY } from "@restage/linux/abi";
import { insideNetwork } from "../namespaces/net/inside-network.ts";
import { decodeAttributes } from "./netlink-message.ts";
import { askForAll } from "./netlink-request.ts";

/** A socket as sock_diag(7) describes it: the message of its family, and the attributes that follow it. */
export interface DiagnosedSocket {
  /** struct unix_diag_msg, inet_diag_msg or netlink_diag_msg. */
  readonly message: DataView;
  readonly attributes: ReadonlyMap<number, Uint8Array>;
}

/**
 * Asks the kernel for all sockets of a kind in the tree's network namespace.
 *
 * @param request struct unix_diag_req or its like.
 * @param messageSize the size of the answers, before their attributes.
 */
export function diagnose(context: DumpContext, request: Uint8Array, messageSize: number): readonly DiagnosedSocket[] {
  const ask = () => askForAll(context.host, NETLINK.SOCK_DIAG, SOCK_DIAG_BY_FAMILY, request);
  // An error means that the kernel was built without this diagnosis.
  const answers = insideNetwork(context, ask) ?? [];
  return answers.map(({ body }) => ({
    message: new DataView(body.slice(0, messageSize).buffer),
    attributes: decodeAttributes(body.subarray(messageSize)),
  }));
}
