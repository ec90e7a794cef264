/**
 * The inventory: the kind and settings of a dump.
 *
 * @module
 */
import { bool, embedded, enumeration, repeated, required, string, uint32, uint64 } from "../schema/field.ts";
import type { Message, Unknowns } from "../schema/message.ts";
import { message } from "../schema/message.ts";
import type { TaskKobjIdsEntry } from "./core.ts";
import { taskKobjIdsEntry } from "./core.ts";

/** Values of `inventory_entry.lsmtype`: the security module of the host of the dump. */
export const lsmtype = {
  NO_LSM: 0,
  SELINUX: 1,
  APPARMOR: 2,
} as const;

/** Plugins that took part in the dump. (CRIU: images/inventory.proto) */
export interface PluginsEntry extends Unknowns {
  readonly plugins: readonly string[];
}

/** The message type of {@link PluginsEntry}. */
export const pluginsEntry: Message<PluginsEntry> = message("plugins_entry", () => ({
  plugins: string(12, repeated),
}));

/** Kind and settings of the dump. (CRIU: images/inventory.proto) */
export interface InventoryEntry extends Unknowns {
  /** 1 for V1, 2 for V1.1. */
  readonly img_version: number;
  /** Whether fdinfo images are numbered by `files_id`; older layouts are not supported. */
  readonly fdinfo_per_id?: boolean;
  /** Ids of CRIU itself. The tree has its own namespace where the id of the root task differs. */
  readonly root_ids?: TaskKobjIdsEntry;
  readonly ns_per_id?: boolean;
  readonly root_cg_set?: number;
  readonly lsmtype?: number;
  readonly dump_uptime?: bigint;
  readonly pre_dump_mode?: number;
  readonly tcp_close?: boolean;
  /** 0 iptables, 1 nftables, 2 none; iptables when absent. */
  readonly network_lock_method?: number;
  /** The plugins that a restore needs. */
  readonly plugins_entry?: PluginsEntry;
  readonly dump_criu_run_id?: string;
  readonly allow_uprobes?: boolean;
}

/** The message type of {@link InventoryEntry}. */
export const inventoryEntry: Message<InventoryEntry> = message("inventory_entry", () => ({
  img_version: uint32(1, required),
  fdinfo_per_id: bool(2),
  root_ids: embedded(3, taskKobjIdsEntry),
  ns_per_id: bool(4),
  root_cg_set: uint32(5),
  lsmtype: enumeration(6),
  dump_uptime: uint64(8),
  pre_dump_mode: uint32(9),
  tcp_close: bool(10),
  network_lock_method: uint32(11),
  plugins_entry: embedded(12, pluginsEntry),
  dump_criu_run_id: string(13),
  allow_uprobes: bool(14),
}));
