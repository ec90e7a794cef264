import type { Loss } from "../config/checkpoint-words.ts";
import { RestoreError } from "../errors.ts";
import type { PhaseName } from "./phases.ts";

/** Something in a tree that a checkpoint cannot hold, or not exactly, or only in a way that the user should know. */
export interface DumpFinding {
  /** `refused`: it cannot be saved; `warning`: it can, but will not come back exactly; `note`: it is saved in a slower way. */
  readonly severity: "refused" | "warning" | "note";
  /** What it is about, for example `descriptor 7 (/dev/kvm)`. */
  readonly what: string;
  readonly why: string;
  readonly hint?: string | undefined;
  readonly pid?: number | undefined;
  /** The name of the task's command. */
  readonly comm?: string | undefined;
  /** The plugin that found it. */
  readonly plugin: string;
}

export type NewDumpFinding = Omit<DumpFinding, "severity" | "plugin" | "comm">;

/** Everything that was found; nothing is written when something was refused. */
export class Findings {
  readonly #all: DumpFinding[] = [];
  readonly #allowed: readonly Loss[];
  readonly #commOf: (pid: number) => string | undefined;
  /** The plugin whose tap runs; set by the plugin driver. */
  plugin = "core";

  /**
   * @param allowed what the user has agreed to lose.
   * @param commOf the name of the command of a task.
   */
  constructor(allowed: readonly Loss[] = [], commOf: (pid: number) => string | undefined = () => undefined) {
    this.#allowed = allowed;
    this.#commOf = commOf;
  }

  get all(): readonly DumpFinding[] {
    return this.#all;
  }
  get warnings(): readonly DumpFinding[] {
    return this.#all.filter(({ severity }) => severity === "warning");
  }
  get notes(): readonly DumpFinding[] {
    return this.#all.filter(({ severity }) => severity === "note");
  }
  /** Reports something that cannot be saved. */
  refuse(finding: NewDumpFinding): void {
    this.#add("refused", finding);
  }
  /** Reports something that will not come back exactly. */
  warn(finding: NewDumpFinding): void {
    this.#add("warning", finding);
  }
  /** Reports something that is saved in a slower way than others. */
  note(finding: NewDumpFinding): void {
    this.#add("note", finding);
  }
  #add(severity: DumpFinding["severity"], finding: NewDumpFinding): void {
    const comm = finding.pid === undefined ? undefined : this.#commOf(finding.pid);
    this.#all.push({ ...finding, comm, severity, plugin: this.plugin });
  }
  /** Reports something that cannot be saved, and that the user can agree to lose: a refusal, or a warning if the user has. */
  lose(loss: Loss, finding: NewDumpFinding): void {
    const allow = `allow its loss: --allow-loss ${loss}`;
    if (this.#allowed.includes(loss)) this.warn({ ...finding, hint: undefined });
    else this.refuse({ ...finding, hint: finding.hint === undefined ? allow : `${finding.hint}, or ${allow}` });
  }

  /** Throws ERR_REFUSED with all refusals, when there are any. */
  assertNoneRefused(phase: PhaseName): void {
    const failures = this.#all
      .filter(({ severity }) => severity === "refused")
      .map(({ what, why, hint, pid, comm, plugin }) => {
        return new RestoreError("ERR_REFUSED", `${what}: ${why}`, { phase, pid, comm, hint, plugin });
      });
    const [first] = failures;
    if (first === undefined) return;
    if (failures.length === 1) throw first;
    throw new RestoreError("ERR_REFUSED", `Cannot checkpoint this tree: ${failures.length} findings`, { failures });
  }
}
