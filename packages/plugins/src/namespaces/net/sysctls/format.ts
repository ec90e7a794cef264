import { type InputOf, type NetnsEntry, netSysctls, type SysctlEntry, sysctlType } from "@restage/images";

const { CONF4, CONF6 } = netSysctls;

/** The settings of a whole network namespace: their field in the image, their folder below /proc/sys, and their names in CRIU's order. */
export const NAMESPACE_SYSCTLS = [
  { field: "all_conf4", folder: "net/ipv4/conf/all", names: CONF4 },
  { field: "def_conf4", folder: "net/ipv4/conf/default", names: CONF4 },
  { field: "all_conf6", folder: "net/ipv6/conf/all", names: CONF6 },
  { field: "def_conf6", folder: "net/ipv6/conf/default", names: CONF6 },
  { field: "unix_conf", folder: "net/unix", names: ["max_dgram_qlen"] },
  { field: "ipv4_sysctl", folder: "net/ipv4", names: ["ping_group_range"] },
] as const satisfies readonly { field: keyof NetnsEntry; folder: string; names: readonly string[] }[];

/** The settings of a link. */
export function linkFolders(name: string) {
  return [
    { field: "conf4", folder: `net/ipv4/conf/${name}`, names: CONF4 },
    { field: "conf6", folder: `net/ipv6/conf/${name}`, names: CONF6 },
  ] as const;
}

/** Settings that are texts. The kernel shows no value of `stable_secret` until one has been set. */
const TEXTS: readonly string[] = ["stable_secret", "ping_group_range"];

/** The entry of a setting; without a value when this kernel does not have the setting. */
export function encodeSysctl(name: string, text: string | undefined): InputOf<SysctlEntry> {
  const value = text?.trim();
  if (TEXTS.includes(name)) return { type: sysctlType.CTL_STR, ...(value === undefined ? {} : { sarg: value }) };
  return { type: sysctlType.CTL_32, ...(value === undefined ? {} : { iarg: Number(value) }) };
}

/** The text of a setting; undefined when the kernel of the checkpoint did not have it. */
export function decodeSysctl({ iarg, sarg }: Pick<SysctlEntry, "iarg" | "sarg">): string | undefined {
  return sarg ?? iarg?.toString();
}
