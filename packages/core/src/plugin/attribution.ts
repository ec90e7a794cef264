import { ProgramTarget } from "../program/program-target.ts";

/** Something that attributes what it records or throws to the plugin whose tap runs. */
export interface Attributed {
  plugin: string;
}

/** What the arguments of a tap let it record into: programs, the coordinator's host, a plan, the findings of a checkpoint. */
export function attributedBy(args: readonly unknown[]): readonly Attributed[] {
  return args.flatMap((arg) => (typeof arg === "object" && arg !== null ? within(arg) : []));
}

function within(subject: object): readonly Attributed[] {
  if (subject instanceof ProgramTarget) return programOf(subject);
  const found: Attributed[] = [];
  if (isAttributed(subject)) found.push(subject);
  const { host, findings, stub, task, threads } = subject as Record<
    "host" | "findings" | "stub" | "task" | "threads",
    unknown
  >;
  for (const part of [host, findings]) if (isAttributed(part)) found.push(part);
  const targets = Array.isArray(threads) ? threads : [stub, task];
  for (const part of targets) if (part instanceof ProgramTarget) found.push(...programOf(part));
  return found;
}

function programOf({ program }: ProgramTarget): readonly Attributed[] {
  return program === undefined ? [] : [program];
}

function isAttributed(value: unknown): value is Attributed {
  return typeof value === "object" && value !== null && "plugin" in value && typeof value.plugin === "string";
}
