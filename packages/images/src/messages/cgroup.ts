/**
 * Control groups.
 *
 * @module
 */
import { bool, embedded, repeated, required, string, uint32 } from "../schema/field.ts";
import type { Message, UnknownField, unknownFields, ValueOfFields } from "../schema/message.ts";
import { message } from "../schema/message.ts";

function cgroupPermsFields() {
  return {
    mode: uint32(1, required),
    uid: uint32(2, required),
    gid: uint32(3, required),
  };
}
/** Mode and owner of a control group file. (CRIU: images/cgroup.proto) */
export interface CgroupPerms extends ValueOfFields<ReturnType<typeof cgroupPermsFields>> {}
/** Type of {@link CgroupPerms}. */
export const cgroupPerms: Message<CgroupPerms> = message("cgroup_perms", cgroupPermsFields);

function cgroupPropEntryFields() {
  return {
    name: string(1, required),
    value: string(2, required),
    perms: embedded(3, cgroupPerms),
  };
}
/** A property of a control group. (CRIU: images/cgroup.proto) */
export interface CgroupPropEntry extends ValueOfFields<ReturnType<typeof cgroupPropEntryFields>> {}
/** Type of {@link CgroupPropEntry}. */
export const cgroupPropEntry: Message<CgroupPropEntry> = message("cgroup_prop_entry", cgroupPropEntryFields);

/** A control group with what is below it. (CRIU: images/cgroup.proto) */
export interface CgroupDirEntry {
  readonly dir_name: string;
  readonly children: readonly CgroupDirEntry[];
  readonly properties: readonly CgroupPropEntry[];
  readonly dir_perms?: CgroupPerms;
  readonly [unknownFields]?: readonly UnknownField[];
}

/** Type of {@link CgroupDirEntry}, which contains itself. */
export const cgroupDirEntry: Message<CgroupDirEntry> = message("cgroup_dir_entry", () => ({
  dir_name: string(1, required),
  children: embedded(2, cgroupDirEntry, repeated),
  properties: embedded(3, cgroupPropEntry, repeated),
  dir_perms: embedded(4, cgroupPerms),
}));

function cgControllerEntryFields() {
  return {
    cnames: string(1, repeated),
    dirs: embedded(2, cgroupDirEntry, repeated),
    is_threaded: bool(3),
  };
}
/** A hierarchy with its groups. (CRIU: images/cgroup.proto) */
export interface CgControllerEntry extends ValueOfFields<ReturnType<typeof cgControllerEntryFields>> {}
/** Type of {@link CgControllerEntry}. */
export const cgControllerEntry: Message<CgControllerEntry> = message("cg_controller_entry", cgControllerEntryFields);

function cgMemberEntryFields() {
  return {
    name: string(1, required),
    path: string(2, required),
    cgns_prefix: uint32(3),
  };
}
/** A group of a set. (CRIU: images/cgroup.proto) */
export interface CgMemberEntry extends ValueOfFields<ReturnType<typeof cgMemberEntryFields>> {}
/** Type of {@link CgMemberEntry}. */
export const cgMemberEntry: Message<CgMemberEntry> = message("cg_member_entry", cgMemberEntryFields);

function cgSetEntryFields() {
  return {
    id: uint32(1, required),
    ctls: embedded(2, cgMemberEntry, repeated),
  };
}
/** Groups, one per hierarchy, that tasks are in together. (CRIU: images/cgroup.proto) */
export interface CgSetEntry extends ValueOfFields<ReturnType<typeof cgSetEntryFields>> {}
/** Type of {@link CgSetEntry}. */
export const cgSetEntry: Message<CgSetEntry> = message("cg_set_entry", cgSetEntryFields);

function cgroupEntryFields() {
  return {
    sets: embedded(1, cgSetEntry, repeated),
    controllers: embedded(2, cgControllerEntry, repeated),
  };
}
/** All control groups of the dump. (CRIU: images/cgroup.proto) */
export interface CgroupEntry extends ValueOfFields<ReturnType<typeof cgroupEntryFields>> {}
/** Type of {@link CgroupEntry}. */
export const cgroupEntry: Message<CgroupEntry> = message("cgroup_entry", cgroupEntryFields);
