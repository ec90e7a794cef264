import {
  CGROUP_MODES,
  CPU_CAPABILITIES,
  EMPTY_NAMESPACES,
  FILE_VALIDATIONS,
  JOINED_NAMESPACES,
  PID_POLICIES,
} from "../restore/options.ts";
import { LOSSES, NETWORK_LOCKS } from "./checkpoint-words.ts";
import type { CheckpointSection, RestoreConfig, RestoreSection } from "./define-config.ts";

/** The values that a key accepts, in the words of JSON Schema. Only `function` is not one of its types: JSON has none. */
export type ValueSchema =
  | { readonly type: "boolean" | "integer" | "function" }
  | { readonly type: "number"; readonly exclusiveMinimum: number }
  | { readonly type: "string"; readonly enum?: readonly string[] }
  | { readonly type: "array"; readonly items?: ValueSchema }
  | ObjectSchema;

export interface ObjectSchema {
  readonly type: "object";
  readonly properties?: Readonly<Record<string, ValueSchema>>;
  /** The values of all other keys; false if there must be none. */
  readonly additionalProperties: ValueSchema | false;
}

const BOOLEAN: ValueSchema = { type: "boolean" };
const STRING: ValueSchema = { type: "string" };
const STRINGS: ValueSchema = { type: "array", items: STRING };
const wordOf = (words: readonly string[]): ValueSchema => ({ type: "string", enum: words });

const PAGE_SERVER: ValueSchema = {
  type: "object",
  properties: { address: STRING, port: { type: "integer" }, socket: { type: "integer" } },
  additionalProperties: false,
};

/** Plugins have a check of their own, with more detailed errors. */
const ADDITIONS = { plugins: { type: "array" }, onEvent: { type: "function" } } as const;

/** The keys of a section for restores, plans and checks. */
export const RESTORE_KEYS: Readonly<Record<keyof RestoreSection, ValueSchema>> = {
  images: STRING,
  detached: BOOLEAN,
  sibling: BOOLEAN,
  newPidNamespace: BOOLEAN,
  pidPolicy: wordOf(PID_POLICIES),
  unprivileged: BOOLEAN,
  leaveStopped: BOOLEAN,
  timeout: { type: "number", exclusiveMinimum: 0 },
  pidfile: STRING,
  shellJob: BOOLEAN,
  verify: BOOLEAN,
  lazyPages: STRING,
  skipFileRwxCheck: BOOLEAN,
  fileValidation: wordOf(FILE_VALIDATIONS),
  cpuCap: { type: "array", items: wordOf(CPU_CAPABILITIES) },
  fileLocks: BOOLEAN,
  inheritFd: { type: "object", additionalProperties: { type: "integer" } },
  manageCgroups: wordOf(CGROUP_MODES),
  cgroupRoot: STRING,
  cgroupRoots: { type: "object", additionalProperties: STRING },
  cgroupYard: STRING,
  actionScripts: STRINGS,
  external: STRINGS,
  emptyNamespaces: { type: "array", items: wordOf(EMPTY_NAMESPACES) },
  joinNamespaces: {
    type: "object",
    properties: Object.fromEntries(JOINED_NAMESPACES.map((kind) => [kind, STRING])),
    additionalProperties: false,
  },
  weakSysctls: BOOLEAN,
  root: STRING,
  extUnixSockets: BOOLEAN,
  tcpEstablished: BOOLEAN,
  tcpClose: BOOLEAN,
  ...ADDITIONS,
};

/** The keys of the section for checkpoints. */
export const CHECKPOINT_KEYS: Readonly<Record<keyof CheckpointSection, ValueSchema>> = {
  images: STRING,
  prevImagesDir: STRING,
  pageServer: PAGE_SERVER,
  lazyPages: PAGE_SERVER,
  leaveRunning: BOOLEAN,
  leaveStopped: BOOLEAN,
  selfCheck: BOOLEAN,
  digests: BOOLEAN,
  timeout: { type: "number", exclusiveMinimum: 0 },
  tcpEstablished: BOOLEAN,
  networkLock: wordOf(NETWORK_LOCKS),
  extUnixSockets: BOOLEAN,
  shellJob: BOOLEAN,
  orphanPtsMaster: BOOLEAN,
  fileLocks: BOOLEAN,
  linkRemap: BOOLEAN,
  external: STRINGS,
  manageCgroups: wordOf(CGROUP_MODES),
  emptyNamespaces: { type: "array", items: wordOf(EMPTY_NAMESPACES) },
  allowLoss: { type: "array", items: wordOf(LOSSES) },
  ghostLimit: { type: "integer" },
  cpuinfo: BOOLEAN,
  ...ADDITIONS,
};

const RESTORE_SECTION: ObjectSchema = { type: "object", properties: RESTORE_KEYS, additionalProperties: false };

/** Every key of a configuration. A configuration is checked with this table, and the JSON schema for editors is made from it. */
export const CONFIG_KEYS: Readonly<Record<"$schema" | keyof RestoreConfig, ValueSchema>> = {
  $schema: STRING,
  extends: STRINGS,
  ...RESTORE_KEYS,
  restore: RESTORE_SECTION,
  plan: RESTORE_SECTION,
  check: RESTORE_SECTION,
  checkpoint: { type: "object", properties: CHECKPOINT_KEYS, additionalProperties: false },
};
