import type { DumpContext, Host } from "@restage/core";
import { type InputOf, netSysctls, type SysctlEntry } from "@restage/images";

/** Types of values. Source: CRIU images/sysctl.proto. */
const STRING = 5;
const NUMBER = 6;
/** Those that are text; the kernel gives no value of them before somebody has set one. */
const TEXTS: readonly string[] = ["stable_secret", "ping_group_range"];

/** What holds for all links, and for new ones; sockets. */
export function saveNetworkSysctls({ host, images }: DumpContext, namespace: number): void {
  const { CONF4, CONF6 } = netSysctls;
  const value = {
    def_conf4: read(host, "net/ipv4/conf/default", CONF4),
    all_conf4: read(host, "net/ipv4/conf/all", CONF4),
    def_conf6: read(host, "net/ipv6/conf/default", CONF6),
    all_conf6: read(host, "net/ipv6/conf/all", CONF6),
    unix_conf: read(host, "net/unix", ["max_dgram_qlen"]),
    ipv4_sysctl: read(host, "net/ipv4", ["ping_group_range"]),
  };
  images.add("netns", namespace, { value });
}

/** Settings of a link. */
export function readLinkSysctls(host: Host, name: string) {
  return {
    conf4: read(host, `net/ipv4/conf/${name}`, netSysctls.CONF4),
    conf6: read(host, `net/ipv6/conf/${name}`, netSysctls.CONF6),
  };
}

/** Each has its place, also when this kernel does not have it. */
function read(host: Host, folder: string, names: readonly string[]): InputOf<SysctlEntry>[] {
  return names.map((name) => {
    const text = host.readText(`/proc/sys/${folder}/${name}`)?.trim();
    if (TEXTS.includes(name)) return { type: STRING, ...(text === undefined ? {} : { sarg: text }) };
    return { type: NUMBER, ...(text === undefined ? {} : { iarg: Number(text) }) };
  });
}
