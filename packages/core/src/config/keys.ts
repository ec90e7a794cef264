import {
  CGROUP_MODES,
  CPU_CAPABILITIES,
  EMPTY_NAMESPACES,
  FILE_VALIDATIONS,
  JOINED_NAMESPACES,
  PID_POLICIES,
} from "../restore/options.ts";
import type { RestoreConfig } from "./define-config.ts";

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

/** Every key of a configuration. A configuration is checked with this table, and the JSON schema for editors is made from it. */
export const CONFIG_KEYS: Readonly<Record<"$schema" | keyof RestoreConfig, ValueSchema>> = {
  $schema: STRING,
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
  // Plugins have a check of their own, which says more.
  plugins: { type: "array" },
  onEvent: { type: "function" },
};
