import type { DumpContext } from "@restage/core";
import type { InputOf, NetDeviceEntry } from "@restage/images";
import { ARPHRD, IFF, IFINFOMSG, IFLA, IFLA_INFO } from "@restage/linux/abi";
import { decodeAttributes } from "../../../sockets/netlink-message.ts";
import { readRoutes } from "../routes/dump.ts";
import { readLinkSysctls } from "../sysctls/dump.ts";

/** Types of links. Source: CRIU images/netdev.proto. */
const LOOPBACK = 1;

/** Tunnels that the kernel makes in every namespace when it has loaded their module. */
const FALLBACK = /^(sit|tunl|gre|gretap|erspan|ip_vti|ip6_vti|ip6tnl|ip6gre)0$/;

interface Link {
  readonly name: string;
  readonly kind: string;
  readonly type: number;
  readonly ifindex: number;
  readonly flags: number;
  readonly mtu: number;
}

function readLinks(context: DumpContext): readonly Link[] {
  const all = readRoutes(context.host, "GETLINK", 0).map(({ body }): Link => {
    const view = new DataView(body.buffer, body.byteOffset, body.length);
    const attributes = decodeAttributes(body.subarray(IFINFOMSG.size));
    const info = decodeAttributes(attributes.get(IFLA.LINKINFO) ?? new Uint8Array());
    const mtu = attributes.get(IFLA.MTU);
    return {
      name: text(attributes.get(IFLA.IFNAME)),
      kind: text(info.get(IFLA_INFO.KIND)),
      type: view.getUint16(IFINFOMSG.ifi_type, true),
      ifindex: view.getInt32(IFINFOMSG.ifi_index, true),
      flags: view.getUint32(IFINFOMSG.ifi_flags, true),
      mtu: mtu === undefined ? 0 : new DataView(mtu.buffer, mtu.byteOffset).getUint32(0, true),
    };
  });
  return all.filter(({ name, flags }) => !FALLBACK.test(name) || (flags & IFF.UP) !== 0);
}

/** Refuses links other than the loopback one. */
export function checkLinks(context: DumpContext): void {
  for (const { name, kind, type } of readLinks(context)) {
    if (type === ARPHRD.LOOPBACK) continue;
    context.findings.refuse({ what: `link ${name}`, why: `links of kind ${kind || "physical"} are not saved yet` });
  }
}

/** Saves links with their settings. */
export function saveLinks(context: DumpContext, namespace: number): void {
  for (const { name, ifindex, mtu, flags } of readLinks(context)) {
    const value: InputOf<NetDeviceEntry> = {
      type: LOOPBACK,
      ifindex,
      mtu,
      flags,
      name,
      ...readLinkSysctls(context.host, name),
    };
    context.images.add("netdev", namespace, { value });
  }
}

function text(bytes: Uint8Array | undefined): string {
  return new TextDecoder().decode(bytes).replace(/\0.*$/s, "");
}
