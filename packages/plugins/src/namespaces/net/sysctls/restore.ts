import type { Host, Plan, RestoreOptions } from "@restage/core";
import { type NetDeviceEntry, type NetnsEntry, netSysctls, type SysctlEntry, sysctlType } from "@restage/images";
import type { IdsOutside } from "../../user/ids-outside.ts";

/** A setting: its file below /proc/sys, and its value. */
interface Sysctl {
  readonly path: string;
  readonly value: string;
}

/** In images of old versions of CRIU: this kernel did not have it. Source: CRIU criu/net.c. */
const UNUSED = -1;

/** What holds for all links, and then for new ones; sockets. To be set before there are links. */
export function networkSysctls(netns: NetnsEntry, ids: IdsOutside): readonly Sysctl[] {
  return [
    ...sysctls("net/ipv4/conf/all", netSysctls.CONF4, orOld(netns.all_conf4, netns.all_conf)),
    ...sysctls("net/ipv4/conf/default", netSysctls.CONF4, orOld(netns.def_conf4, netns.def_conf)),
    ...sysctls("net/ipv6/conf/all", netSysctls.CONF6, netns.all_conf6),
    ...sysctls("net/ipv6/conf/default", netSysctls.CONF6, netns.def_conf6),
    ...sysctls("net/unix", ["max_dgram_qlen"], netns.unix_conf),
    ...sysctls("net/ipv4", ["ping_group_range"], netns.ipv4_sysctl).map(({ path, value }) => ({
      path,
      // Groups, which the coordinator names as it knows them.
      value: value.trim().split(/\s+/).map(Number).map(ids.gid).join("\t"),
    })),
  ];
}

/** Settings of a link. To be set when it is up, which sets some. */
export function linkSysctls({ name, conf, conf4, conf6 }: NetDeviceEntry): readonly Sysctl[] {
  return [
    ...sysctls(`net/ipv4/conf/${name}`, netSysctls.CONF4, orOld(conf4, conf)),
    ...sysctls(`net/ipv6/conf/${name}`, netSysctls.CONF6, conf6),
  ];
}

/** Refuses what this kernel does not have, or warns of it where that is wanted (`weakSysctls`). */
export function checkSysctls(plan: Plan, wanted: readonly Sysctl[]): void {
  for (const path of new Set(wanted.map(({ path }) => anyLink(path)))) {
    if (plan.host.stat(`/proc/sys/${path}`) !== "missing") continue;
    const missing = { what: `sysctl ${path}`, why: "this kernel does not have it" };
    if (plan.options.weakSysctls) plan.warn(missing);
    else plan.refuse({ ...missing, hint: "leave such out with --weak-sysctls" });
  }
}

/** Where a setting of a link is for links that are there now. */
function anyLink(path: string): string {
  return path.replace(/(\/conf\/)[^/]+\//, "$1default/");
}

/** Writes what is not so already: most is. To be called inside the namespace. */
export function setSysctls(host: Host, wanted: readonly Sysctl[], { weakSysctls }: RestoreOptions): void {
  for (const { path, value } of wanted) {
    const file = `/proc/sys/${path}`;
    if (weakSysctls && host.stat(file) === "missing") continue;
    if (words(host.readText(file) ?? "") !== words(value)) host.writeFile(file, `${value}\n`);
  }
}

function words(text: string): string {
  return text.trim().split(/\s+/).join(" ");
}

function orOld(entries: readonly SysctlEntry[], old: readonly number[]): readonly SysctlEntry[] {
  if (entries.length > 0) return entries;
  return old.map((iarg) => ({ type: sysctlType.CTL_32, ...(iarg === UNUSED ? {} : { iarg }) }));
}

/** Values in CRIU's order of names; those that the checkpoint's kernel did not have have none. */
function sysctls(folder: string, names: readonly string[], entries: readonly SysctlEntry[]): readonly Sysctl[] {
  const all = entries.flatMap(({ iarg, sarg }, index) => {
    const name = names[index];
    const value = sarg ?? iarg?.toString();
    return name === undefined || value === undefined ? [] : [{ name, path: `${folder}/${name}`, value }];
  });
  // Forwarding sets it, too.
  const isLast = ({ name }: { name: string }) => Number(name === "accept_redirects");
  return all.sort((a, b) => isLast(a) - isLast(b));
}
