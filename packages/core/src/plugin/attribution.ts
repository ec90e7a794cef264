import { ProgramTarget } from "../program/program-target.ts";

/** Something that attributes what it records or throws to the plugin whose tap runs. */
export interface Attributed {
  plugin: string;
}

/** What is recorded from now on is the plugin's. Returns what makes it the former plugin's again. */
export function attribute(subjects: readonly Attributed[], plugin: string): () => void {
  const outer = subjects.map((subject) => subject.plugin);
  for (const subject of subjects) subject.plugin = plugin;
  return () => {
    subjects.forEach((subject, index) => {
      subject.plugin = outer[index] as string;
    });
  };
}

/** Runs a function that records what another plugin asked for earlier, as that plugin's work. */
export function attributing(subject: Attributed, plugin: string, record: () => void): void {
  const giveBack = attribute([subject], plugin);
  try {
    record();
  } finally {
    giveBack();
  }
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
