/**
 * Control groups.
 *
 * @module
 */
import { bool, embedded, repeated, required, string, uint32 } from "../schema/field.ts";
import type { Message, UnknownField, Unknowns, unknownFields } from "../schema/message.ts";
import { message } from "../schema/message.ts";

/** Mode and owner of a control group file. (CRIU: images/cgroup.proto) */
export interface CgroupPerms extends Unknowns {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** The message type of {@link CgroupPerms}. */
export const cgroupPerms: Message<CgroupPerms> = message("cgroup_perms", () => ({
  mode: uint32(1, required),
  uid: uint32(2, required),
  gid: uint32(3, required),
}));

/** A property of a control group. (CRIU: images/cgroup.proto) */
export interface CgroupPropEntry extends Unknowns {
  readonly name: string;
  readonly value: string;
  readonly perms?: CgroupPerms;
}

/** The message type of {@link CgroupPropEntry}. */
export const cgroupPropEntry: Message<CgroupPropEntry> = message("cgroup_prop_entry", () => ({
  name: string(1, required),
  value: string(2, required),
  perms: embedded(3, cgroupPerms),
}));

/** A control group with its descendants. (CRIU: images/cgroup.proto) */
export interface CgroupDirEntry {
  readonly dir_name: string;
  readonly children: readonly CgroupDirEntry[];
  readonly properties: readonly CgroupPropEntry[];
  readonly dir_perms?: CgroupPerms;
  readonly [unknownFields]?: readonly UnknownField[];
}

/** The message type of {@link CgroupDirEntry}, which is recursive. */
export const cgroupDirEntry: Message<CgroupDirEntry> = message("cgroup_dir_entry", () => ({
  dir_name: string(1, required),
  children: embedded(2, cgroupDirEntry, repeated),
  properties: embedded(3, cgroupPropEntry, repeated),
  dir_perms: embedded(4, cgroupPerms),
}));

/** A hierarchy with its groups. (CRIU: images/cgroup.proto) */
export interface CgControllerEntry extends Unknowns {
  readonly cnames: readonly string[];
  readonly dirs: readonly CgroupDirEntry[];
  readonly is_threaded?: boolean;
}

/** The message type of {@link CgControllerEntry}. */
export const cgControllerEntry: Message<CgControllerEntry> = message("cg_controller_entry", () => ({
  cnames: string(1, repeated),
  dirs: embedded(2, cgroupDirEntry, repeated),
  is_threaded: bool(3),
}));

/** A group of a set. (CRIU: images/cgroup.proto) */
export interface CgMemberEntry extends Unknowns {
  readonly name: string;
  readonly path: string;
  readonly cgns_prefix?: number;
}

/** The message type of {@link CgMemberEntry}. */
export const cgMemberEntry: Message<CgMemberEntry> = message("cg_member_entry", () => ({
  name: string(1, required),
  path: string(2, required),
  cgns_prefix: uint32(3),
}));

/** A set of control groups, one per hierarchy, that some tasks belong to. (CRIU: images/cgroup.proto) */
export interface CgSetEntry extends Unknowns {
  readonly id: number;
  readonly ctls: readonly CgMemberEntry[];
}

/** The message type of {@link CgSetEntry}. */
export const cgSetEntry: Message<CgSetEntry> = message("cg_set_entry", () => ({
  id: uint32(1, required),
  ctls: embedded(2, cgMemberEntry, repeated),
}));

/** All control groups of the dump. (CRIU: images/cgroup.proto) */
export interface CgroupEntry extends Unknowns {
  readonly sets: readonly CgSetEntry[];
  readonly controllers: readonly CgControllerEntry[];
}

/** The message type of {@link CgroupEntry}. */
export const cgroupEntry: Message<CgroupEntry> = message("cgroup_entry", () => ({
  sets: embedded(1, cgSetEntry, repeated),
  controllers: embedded(2, cgControllerEntry, repeated),
}));
