import { RestoreError } from "@restage/core";

/** Something in a tree that a checkpoint cannot hold, or not quite. */
export interface CheckpointFinding {
  /** `refused`: it cannot be saved; `warning`: it can, but not quite as it is. */
  readonly severity: "refused" | "warning";
  /** What it is about, for example `descriptor 7 (/dev/kvm)`. */
  readonly what: string;
  readonly why: string;
  readonly hint?: string | undefined;
  readonly pid?: number | undefined;
}

export type NewCheckpointFinding = Omit<CheckpointFinding, "severity">;

/** All that was found; nothing is written when something was refused. */
export class CheckpointFindings {
  readonly #all: CheckpointFinding[] = [];

  get all(): readonly CheckpointFinding[] {
    return this.#all;
  }
  /** This cannot be saved. */
  refuse(finding: NewCheckpointFinding): void {
    this.#all.push({ ...finding, severity: "refused" });
  }
  /** This will not come back quite as it is. */
  warn(finding: NewCheckpointFinding): void {
    this.#all.push({ ...finding, severity: "warning" });
  }

  /** Throws ERR_REFUSED with all refusals, when there are any. */
  assertNoneRefused(): void {
    const refused = this.#all.filter(({ severity }) => severity === "refused");
    const [first] = refused;
    if (first === undefined) return;
    const failures = refused.map(
      ({ what, why, hint, pid }) => new RestoreError("ERR_REFUSED", `${what}: ${why}`, { pid, hint }),
    );
    if (failures.length === 1 && failures[0] !== undefined) throw failures[0];
    throw new RestoreError("ERR_REFUSED", `Cannot checkpoint this tree: ${refused.length} findings`, { failures });
  }
}
