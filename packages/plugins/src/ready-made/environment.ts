import { definePlugin, type Plugin } from "@restage/core";
import { guard } from "@restage/core/restore";
import { type ImageSource, type MmEntry, readEntries, type VmaEntry } from "@restage/images";
import { kindOf } from "../memory/mappings/format.ts";
import { changeBashVariables } from "./environment/bash.ts";
import { changeCEnvironment, type Range } from "./environment/c-environment.ts";
import { type Changes, Edit } from "./environment/edit.ts";
import { changeOsEnviron } from "./environment/python.ts";
import { MAX_STRING, SavedMemory } from "./environment/saved-memory.ts";
import { knownOptions } from "./known-options.ts";
import { type IfMissing, reportMissing } from "./missing.ts";

/** Whose variables `environment` changes. */
export interface EnvironmentOptions {
  /** The pids, in the checkpoint, of the tasks whose environment changes. Default: all. */
  readonly pids?: readonly number[];
  /** How to react if no task has a variable that the plugin should remove. Default: the restore is refused. */
  readonly ifMissing?: IfMissing;
}

/**
 * Sets, changes and removes environment variables in the memory of running tasks, also to longer values: what getenv(3) returns, what children inherit, and what
 * /proc/PID/environ shows. It changes exported variables of bash and values of Python's `os.environ` too. Other copies that programs keep stay as they are.
 *
 * @param variables the new value of each variable, or null to remove it.
 * @example
 * ```ts
 * plugins: [environment({ DATABASE_URL: "postgres://db-2/app", DEBUG: null })]
 * ```
 */
export function environment(
  variables: Readonly<Record<string, string | null>>,
  options: EnvironmentOptions = {},
): Plugin {
  const { pids, ifMissing = "refuse" } = knownOptions("environment", options, { pids: true, ifMissing: true });
  const name = "environment";
  const changes = checked(variables);
  return definePlugin({
    name,
    apply({ entries, plan, patchMemory }) {
      const edits = new Map<number, Edit>();
      const found = new Set<string>();
      entries.mm.tap(name, (mm, { file, source }) => {
        const pid = Number(/\d+/.exec(file)?.[0]);
        if (pids?.includes(pid) === false) return mm;
        return guard(() => {
          const edit = new Edit(new SavedMemory(source, mm, pid));
          const { shown, values } = changeAll(edit, changes, programOf(source, mm));
          for (const each of values.keys()) found.add(each);
          edits.set(pid, edit);
          return withMapping(mm, edit.mapping, shown);
        });
      });
      plan.tap(name, (plan) => {
        // Entries are read on demand.
        for (const task of plan.survivors) void task.mm;
        for (const [pid, { problems }] of edits) {
          for (const { severity, variable, why, hint } of problems)
            plan[severity]({ what: `variable ${variable}`, why, hint, pid });
        }
        const removed = [...changes].filter(([, value]) => value === null).map(([variable]) => variable);
        const missing = removed.filter((variable) => !found.has(variable)).map((variable) => `variable ${variable}`);
        reportMissing(plan, ifMissing, missing, "no task has it");
      });
      patchMemory.tap(name, (patch) => {
        for (const { address, bytes } of edits.get(patch.task.pid)?.writes ?? []) patch.write(address, bytes);
      });
    },
  });
}

/** The changes, with each byte as one character. */
function checked(variables: Readonly<Record<string, string | null>>): Changes {
  return new Map(
    Object.entries(variables).map(([name, value]) => {
      if (!/^[^=\0]+$/.test(name)) throw new RangeError(`Cannot set ${JSON.stringify(name)}: it is not a name`);
      if (value === null) return [name, null];
      if (typeof value !== "string") throw new TypeError(`Cannot set ${name}: expected a string, or null to remove it`);
      if (value.includes("\0")) throw new RangeError(`Cannot set ${name}: its value contains a NUL`);
      const bytes = Buffer.from(value);
      if (name.length + bytes.length + 2 > MAX_STRING)
        throw new RangeError(`Cannot set ${name}: its value is too long`);
      return [name, bytes.toString("latin1")];
    }),
  );
}

/** Programs that copy their environment at the start, in forms that are not known here. */
const WITH_COPIES = /^(zsh|ksh|mksh|fish|perl|java)/;

function changeAll(edit: Edit, changes: Changes, program: string) {
  const { values, shown } = changeCEnvironment(edit, changes);
  if (/^bash/.test(program)) changeBashVariables(edit, changes);
  const warn = (variable: string, why: string) => edit.problems.push({ severity: "warn", variable, why });
  if (/^python/.test(program)) {
    const changed = changeOsEnviron(edit, changes, values);
    for (const variable of changes.keys())
      if (!changed.includes(variable))
        warn(variable, "os.environ does not change; children that inherit the environment see the change");
  } else if (WITH_COPIES.test(program))
    for (const variable of changes.keys()) warn(variable, `${program} keeps a copy, which does not change`);
  return { values, shown };
}

/** The name of the program of a task, without its directory. */
function programOf(source: ImageSource, { exe_file_id: id }: MmEntry): string {
  const name = readEntries(source, "files").find(({ value }) => value.id === id)?.value.reg?.name ?? "";
  return name.slice(name.lastIndexOf("/") + 1);
}

/** Guard regions come after all other mappings. */
function withMapping(mm: MmEntry, mapping: VmaEntry | undefined, shown: Range | undefined): MmEntry {
  const range = shown === undefined ? {} : { mm_env_start: shown.start, mm_env_end: shown.end };
  if (mapping === undefined) return { ...mm, ...range };
  const after = mm.vmas.findIndex((vma) => vma.start > mapping.start || kindOf(vma) === "guard");
  const at = after < 0 ? mm.vmas.length : after;
  return { ...mm, ...range, vmas: [...mm.vmas.slice(0, at), mapping, ...mm.vmas.slice(at)] };
}
