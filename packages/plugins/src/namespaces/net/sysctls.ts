import type { Host } from "@restage/core";
import { type NetDeviceEntry, type NetnsEntry, netSysctls, type SysctlEntry } from "@restage/images";

/** What holds for all links, and for new ones; sockets. To be set before links are. */
export function setNetworkSysctls(host: Host, netns: NetnsEntry): void {
  set(host, "net/ipv4/conf/default", netSysctls.CONF4, netns.def_conf4);
  set(host, "net/ipv4/conf/all", netSysctls.CONF4, netns.all_conf4);
  set(host, "net/ipv6/conf/default", netSysctls.CONF6, netns.def_conf6);
  set(host, "net/ipv6/conf/all", netSysctls.CONF6, netns.all_conf6);
  set(host, "net/unix", ["max_dgram_qlen"], netns.unix_conf);
  set(host, "net/ipv4", ["ping_group_range"], netns.ipv4_sysctl);
}

/** Settings of a link. */
export function setLinkSysctls(host: Host, { name, conf4, conf6 }: NetDeviceEntry): void {
  set(host, `net/ipv4/conf/${name}`, netSysctls.CONF4, conf4);
  set(host, `net/ipv6/conf/${name}`, netSysctls.CONF6, conf6);
}

/** Writes what is not so already: most is. What this kernel does not have is what the checkpoint's kernel had by default, or the write fails. */
function set(host: Host, folder: string, names: readonly string[], values: readonly SysctlEntry[]): void {
  values.forEach(({ iarg, sarg }, index) => {
    const name = names[index];
    const value = sarg ?? iarg?.toString();
    if (name === undefined || value === undefined) return;
    const path = `/proc/sys/${folder}/${name}`;
    const found = host.readText(path);
    if (found !== undefined && found.trim().split(/\s+/).join(" ") !== value.trim().split(/\s+/).join(" "))
      host.writeFile(path, `${value}\n`);
  });
}
