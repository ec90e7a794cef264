import { basename, dirname } from "node:path";
import type { Host, Plan, RestoreOptions } from "@restage/core";
import { type NetDeviceEntry, type NetnsEntry, type SysctlEntry, sysctlType } from "@restage/images";
import type { IdsOutside } from "../../user/ids-outside.ts";
import { decodeSysctl, linkFolders, NAMESPACE_SYSCTLS } from "./format.ts";
import { type ReadSysctl, readSysctl } from "./known-sysctls.ts";

/** A setting: its file below /proc/sys, and its value. */
interface Sysctl {
  readonly path: string;
  readonly value: string;
}

/** The value, in images of old versions of CRIU, of a setting that the kernel did not have. Source: CRIU criu/net.c. */
const UNUSED = -1;

/** The settings of a network namespace, which must be made before its links: for all links, for new links, and for sockets. */
export function networkSysctls(netns: NetnsEntry, ids: IdsOutside): readonly Sysctl[] {
  const old = { all_conf4: netns.all_conf, def_conf4: netns.def_conf };
  return NAMESPACE_SYSCTLS.flatMap(({ field, folder, names }) => {
    const isOld = field === "all_conf4" || field === "def_conf4";
    const found = sysctls(folder, names, isOld ? orOld(netns[field], old[field]) : netns[field]);
    if (field !== "ipv4_sysctl") return found;
    // Groups, which the coordinator names by the ids that they have outside.
    const outside = (value: string) => value.trim().split(/\s+/).map(Number).map(ids.gid).join("\t");
    return found.map(({ path, value }) => ({ path, value: outside(value) }));
  });
}

/** The settings of a link, which must be made after it is up: coming up changes some. */
export function linkSysctls({ name, conf, conf4, conf6 }: NetDeviceEntry): readonly Sysctl[] {
  const entries = { conf4: orOld(conf4, conf), conf6 };
  return linkFolders(name).flatMap(({ field, folder, names }) => sysctls(folder, names, entries[field]));
}

/**
 * Refuses settings that this kernel does not have, or with `weakSysctls` warns of them.
 *
 * @param present those that it is known to have. Others that it has are added.
 */
export function checkSysctls(plan: Plan, wanted: readonly Sysctl[], present: Set<string> = new Set()): void {
  // Some 40 settings are in each of a few directories.
  const lists = new Map<string, ReadonlySet<string> | undefined>();
  for (const path of new Set(wanted.map(({ path }) => anyLink(path)))) {
    if (present.has(path)) continue;
    const directory = `/proc/sys/${dirname(path)}`;
    if (!lists.has(directory)) lists.set(directory, setOf(plan.host.list(directory)));
    if (lists.get(directory)?.has(basename(path)) ?? plan.host.stat(`/proc/sys/${path}`) !== "missing") {
      present.add(path);
      continue;
    }
    const missing = { what: `sysctl ${path}`, why: "this kernel does not have it" };
    if (plan.options.weakSysctls) plan.warn(missing);
    else plan.refuse({ ...missing, hint: "leave such settings out: --weak-sysctls", remedy: "options" });
  }
}

function setOf(names: readonly string[] | undefined): ReadonlySet<string> | undefined {
  return names && new Set(names);
}

/** The same setting for new links: the link itself does not exist yet. */
function anyLink(path: string): string {
  return path.replace(/(\/conf\/)[^/]+\//, "$1default/");
}

/** Writes the settings that have another value, which are few. Must be called inside the namespace. */
export function setSysctls(
  host: Host,
  wanted: readonly Sysctl[],
  { weakSysctls }: RestoreOptions,
  read: ReadSysctl = (path) => readSysctl(host, path),
): void {
  for (const { path, value } of wanted) {
    const now = read(path);
    if (words(now ?? "") === words(value)) continue;
    const file = `/proc/sys/${path}`;
    if (weakSysctls && now === undefined && host.stat(file) === "missing") continue;
    host.writeFile(file, `${value}\n`);
  }
}

function words(text: string): string {
  return text.trim().split(/\s+/).join(" ");
}

function orOld(entries: readonly SysctlEntry[], old: readonly number[]): readonly SysctlEntry[] {
  if (entries.length > 0) return entries;
  return old.map((iarg) => ({ type: sysctlType.CTL_32, ...(iarg === UNUSED ? {} : { iarg }) }));
}

/** The settings of a folder, from entries in CRIU's order of names. */
function sysctls(folder: string, names: readonly string[], entries: readonly SysctlEntry[]): readonly Sysctl[] {
  const all = entries.flatMap((entry, index) => {
    const name = names[index];
    const value = decodeSysctl(entry);
    return name === undefined || value === undefined ? [] : [{ name, path: `${folder}/${name}`, value }];
  });
  // Setting `forwarding` changes it too.
  const isLast = ({ name }: { name: string }) => Number(name === "accept_redirects");
  return all.sort((a, b) => isLast(a) - isLast(b));
}
