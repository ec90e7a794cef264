import { type Host, type ImageSet, RestoreError } from "@restage/core";
import { AF, NETLINK, NLM_F } from "@restage/linux/abi";
import { NetlinkSocket } from "../netlink-socket.ts";

const HEADER = 16;
/** struct nfgenmsg. Source: include/uapi/linux/netfilter/nfnetlink.h. */
const NFGENMSG = 4;
const NESTED = 0x8000;

/** Source: include/uapi/linux/netfilter/nfnetlink_conntrack.h. */
const CTA_PROTOINFO = 4;
const CTA_PROTOINFO_TCP = 1;
const CTA_PROTOINFO_TCP_FLAGS: readonly number[] = [4, 5];

/** The window of a connection is not looked at. Source: include/uapi/linux/netfilter/nf_conntrack_tcp.h. */
const BE_LIBERAL = 8;

const IMAGES = [
  { kind: "ct", what: "a tracked connection" },
  { kind: "exp", what: "an expected connection" },
] as const;

/**
 * Connections that the kernel tracks in a namespace, and those that it expects. To be called inside the namespace, after its firewall. Those of
 * TCP are followed wherever their windows have gone meanwhile, as in CRIU.
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

/** Messages of netlink(7), one after the other. Throws ERR_IMAGE. */
export function readMessages(file: string, payload: Uint8Array): readonly { type: number; body: Uint8Array }[] {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
  const messages: { type: number; body: Uint8Array }[] = [];
  for (let at = 0; at < payload.length; ) {
    const length = at + HEADER + NFGENMSG <= payload.length ? view.getUint32(at, true) : 0;
    if (length < HEADER + NFGENMSG || at + length > payload.length) {
      throw new RestoreError("ERR_IMAGE", `Cannot read ${file}: message at byte ${at} is damaged`, { entry: file });
    }
    messages.push({ type: view.getUint16(at + 4, true), body: payload.subarray(at + HEADER, at + length) });
    at += length;
  }
  return messages;
}

/** The message with both directions of a TCP connection made liberal. */
function liberal(body: Uint8Array): Uint8Array {
  const copy = new Uint8Array(body);
  if (copy[0] !== AF.INET && copy[0] !== AF.INET6) return copy;
  const tcp = attributes(copy.subarray(NFGENMSG)).get(CTA_PROTOINFO);
  const flags = attributes(attributes(tcp ?? new Uint8Array()).get(CTA_PROTOINFO_TCP) ?? new Uint8Array());
  for (const direction of CTA_PROTOINFO_TCP_FLAGS) {
    // struct nf_ct_tcp_flags: flags, and which of them are meant.
    const pair = flags.get(direction);
    if (pair === undefined) continue;
    pair[0] = (pair[0] ?? 0) | BE_LIBERAL;
    pair[1] = (pair[1] ?? 0) | BE_LIBERAL;
  }
  return copy;
}

/** The values of a list of attributes, by their types. */
function attributes(list: Uint8Array): ReadonlyMap<number, Uint8Array> {
  const view = new DataView(list.buffer, list.byteOffset, list.length);
  const values = new Map<number, Uint8Array>();
  for (let at = 0; at + 4 <= list.length; ) {
    const length = Math.max(view.getUint16(at, true), 4);
    values.set(view.getUint16(at + 2, true) & ~NESTED, list.subarray(at + 4, at + length));
    at += (length + 3) & ~3;
  }
  return values;
}
