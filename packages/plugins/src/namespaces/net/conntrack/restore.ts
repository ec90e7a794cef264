import { type Host, type ImageSet, RestoreError } from "@restage/core";
import {
  AF,
  CTA,
  CTA_PROTOINFO,
  CTA_PROTOINFO_TCP,
  IP_CT_TCP_FLAG,
  NETLINK,
  NFGENMSG_SIZE,
  NLA_F_NESTED,
  NLM_F,
  NLMSGHDR_SIZE,
} from "@restage/linux/abi";
import { NetlinkSocket } from "../netlink-socket.ts";

const IMAGES = [
  { kind: "ct", what: "a tracked connection" },
  { kind: "exp", what: "an expected connection" },
] as const;

/**
 * Makes the connections that the kernel tracks in a namespace, and those that it expects. Must be called inside the namespace, after its firewall is
 * loaded. As in CRIU, the kernel does not check the windows of TCP connections.
 */
export function makeTrackedConnections(host: Host, images: ImageSet, id: number): void {
  for (const { kind, what } of IMAGES) {
    const file = `netns-${kind}-${id}.img`;
    const messages = readMessages(file, images.source.read(file) ?? new Uint8Array());
    if (messages.length === 0) continue;
    const socket = new NetlinkSocket(host, NETLINK.NETFILTER);
    try {
      for (const { type, body } of messages) {
        socket.make(`make ${what} of ${file}`, type, NLM_F.CREATE, kind === "ct" ? liberal(body) : body);
      }
    } finally {
      socket.close();
    }
  }
}

/** Decodes consecutive messages of netlink(7). Throws ERR_IMAGE when one is damaged. */
export function readMessages(file: string, payload: Uint8Array): readonly { type: number; body: Uint8Array }[] {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
  const messages: { type: number; body: Uint8Array }[] = [];
  for (let at = 0; at < payload.length; ) {
    const length = at + NLMSGHDR_SIZE + NFGENMSG_SIZE <= payload.length ? view.getUint32(at, true) : 0;
    if (length < NLMSGHDR_SIZE + NFGENMSG_SIZE || at + length > payload.length) {
      throw new RestoreError("ERR_IMAGE", `Cannot read ${file}: message at byte ${at} is damaged`, { entry: file });
    }
    messages.push({ type: view.getUint16(at + 4, true), body: payload.subarray(at + NLMSGHDR_SIZE, at + length) });
    at += length;
  }
  return messages;
}

/** The message with both directions of a TCP connection marked as liberal: the kernel does not check their windows. */
function liberal(body: Uint8Array): Uint8Array {
  const copy = new Uint8Array(body);
  if (copy[0] !== AF.INET && copy[0] !== AF.INET6) return copy;
  const tcp = attributes(copy.subarray(NFGENMSG_SIZE)).get(CTA.PROTOINFO);
  const flags = attributes(attributes(tcp ?? new Uint8Array()).get(CTA_PROTOINFO.TCP) ?? new Uint8Array());
  for (const direction of [CTA_PROTOINFO_TCP.FLAGS_ORIGINAL, CTA_PROTOINFO_TCP.FLAGS_REPLY]) {
    // struct nf_ct_tcp_flags: flags, and the mask of flags to set.
    const pair = flags.get(direction);
    if (pair === undefined) continue;
    pair[0] = (pair[0] ?? 0) | IP_CT_TCP_FLAG.BE_LIBERAL;
    pair[1] = (pair[1] ?? 0) | IP_CT_TCP_FLAG.BE_LIBERAL;
  }
  return copy;
}

/** The values of a list of attributes, by type. */
function attributes(list: Uint8Array): ReadonlyMap<number, Uint8Array> {
  const view = new DataView(list.buffer, list.byteOffset, list.length);
  const values = new Map<number, Uint8Array>();
  for (let at = 0; at + 4 <= list.length; ) {
    const length = Math.max(view.getUint16(at, true), 4);
    values.set(view.getUint16(at + 2, true) & ~NLA_F_NESTED, list.subarray(at + 4, at + length));
    at += (length + 3) & ~3;
  }
  return values;
}
