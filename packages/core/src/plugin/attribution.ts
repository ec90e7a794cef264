import { ProgramTarget } from "../program/program-target.ts";

/** Something that attributes what it records or throws to the plugin whose tap runs. */
export interface Attributed {
  plugin: string;
}

/** What the arguments of a tap let it record into: programs, the coordinator's host, a plan, the findings of a checkpoint. */
export function attributedBy(args: readonly unknown[]): readonly Attributed[] {
  const found: Attributed[] = [];
  for (const arg of args) if (typeof arg === "object" && arg !== null) collect(arg, found);
  return found;
}

function collect(subject: object, found: Attributed[]): void {
  if (subject instanceof ProgramTarget) {
    if (subject.program !== undefined) found.push(subject.program);
    return;
  }
  const { host, findings, stub, task, threads } = subject as Record<
    "host" | "findings" | "stub" | "task" | "threads",
    unknown
  >;
  for (const part of [subject, host, findings]) if (isAttributed(part)) found.push(part);
  for (const part of Array.isArray(threads) ? threads : [stub, task])
    if (part instanceof ProgramTarget && part.program !== undefined) found.push(part.program);
}

function isAttributed(value: unknown): value is Attributed {
  return typeof value === "object" && value !== null && "plugin" in value && typeof value.plugin === "string";
}
