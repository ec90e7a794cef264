import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createDumpHooks, type DumpHooks, type PhaseHooks } from "../packages/core/src/dump/hooks.ts";
import { createRestoreHooks, type RestoreHooks, type StageHooks } from "../packages/core/src/restore/hooks.ts";
import { item, page, wrap } from "./markdown.ts";
import { typesOfTaps } from "./types-of-taps.ts";

const core = join(import.meta.dirname, "../packages/core/src");

/** What the types of a hook do not say. */
interface Facts {
  /** When and how often it is called. */
  readonly called: string;
  /** What a dry run (`restage plan`) does; by default it calls the hook. */
  readonly dryRun?: string;
}

const NO_DRY_RUN = "calls none of its taps, and prints which ones it left out";
const NO_PLAN = "`restage plan` makes no checkpoint";

const OF_RESTORE: Readonly<Record<Exclude<keyof RestoreHooks, "stages">, Facts>> = {
  imageSource: { called: "once, first" },
  entries: {
    called:
      "once for each entry of an image of this kind, when the image is first read; a second reading gets the same entry",
  },
  fileGroup: { called: "for each file of the type, when the restore chooses which task opens it" },
  fileNeeds: { called: "for each file of the type, when the restore chooses which task opens it" },
  plan: { called: "once, when the tree of tasks is known and before any task exists" },
  template: { called: "once for each template; never in a restore without one" },
  mountsReady: { called: "once in PREPARE_NAMESPACES, if the tree has its own mount namespace" },
  openFile: { called: "once for each file of the type, in RESTORE, in the task that opens it" },
  filesOpened: { called: "once for each task that opens files, in RESTORE, after its last file" },
  orphanMaster: {
    called: "for each terminal whose master was outside the tree, at the end of FORKING",
    dryRun: "does not call it",
  },
  patchMemory: { called: "once for each task that continues, in RESTORE, when its memory has its content" },
  commit: { called: "once, when every stage is complete and no task runs yet", dryRun: NO_DRY_RUN },
  complete: { called: "once, when all tasks run; what fails here is not rolled back", dryRun: NO_DRY_RUN },
  abort: { called: "once, after a failure before or in `commit`, and before the rollback", dryRun: NO_DRY_RUN },
};

const OF_STAGE: Readonly<Record<keyof StageHooks, Facts>> = {
  enter: { called: "once for each stage" },
  task: { called: "once for each task that participates in the stage, parents first" },
  thread: { called: "once for each thread that participates, leaders included, after the hook of its task" },
  leave: { called: "once for each stage" },
};

const OF_DUMP: Readonly<Record<Exclude<keyof DumpHooks, "phases">, Facts>> = {
  describeFile: { called: "once for each open file, at the end of `inspect`", dryRun: NO_PLAN },
  filesDescribed: { called: "once, after the last `describeFile`", dryRun: NO_PLAN },
  pagesWriter: { called: "once for each task and each shared segment with content, in `write`", dryRun: NO_PLAN },
  imagesPublished: { called: "once, when the images are in their directory", dryRun: NO_PLAN },
  servingPages: { called: "once, with the option `lazyPages`, in `imagesPublished`", dryRun: NO_PLAN },
  imagesWritten: { called: "once, after `write`, before the tree ends or resumes", dryRun: NO_PLAN },
  imageOwner: { called: "once, when the images are complete", dryRun: NO_PLAN },
};

const OF_PHASE: Readonly<Record<keyof PhaseHooks, Facts>> = {
  tree: { called: "once for each phase, before the hooks of tasks", dryRun: NO_PLAN },
  task: { called: "once for each task that is not a zombie, in each phase", dryRun: NO_PLAN },
  thread: {
    called: "once for each thread, leaders included, in each phase, after the hook of its task",
    dryRun: NO_PLAN,
  },
};

/** `docs/reference.md`: every hook with its arguments, and every system call with those that it takes. */
export function referencePage(): string {
  const restore = createRestoreHooks();
  const dump = createDumpHooks();
  const hooks = readFileSync(join(core, "restore/hooks.ts"), "utf8");
  const dumpHooks = readFileSync(join(core, "dump/hooks.ts"), "utf8");
  return page(
    "Reference",
    wrap(
      "Every hook of restores and checkpoints, and every system call that a plugin can record. The [plugin guide](plugin-guide.md) shows how to use " +
        "them; the [glossary](glossary.md) explains the words. `restage plugins` lists which plugins tap which hook.",
    ),
    "## Hooks of a restore",
    ...sections(OF_RESTORE, hooks, "RestoreHooks", restore),
    "## Hooks of each stage",
    wrap("`stages.STAGE.HOOK`, for each [stage](stages.md)."),
    ...sections(OF_STAGE, hooks, "StageHooks", restore.stages.RESTORE),
    "## Hooks of a checkpoint",
    ...sections(OF_DUMP, dumpHooks, "DumpHooks", dump),
    "## Hooks of each phase",
    wrap("`phases.PHASE.HOOK`, for each [phase](stages.md#phases-of-a-checkpoint)."),
    ...sections(OF_PHASE, dumpHooks, "PhaseHooks", dump.phases.inspect),
    "## What taps get",
    wrap(
      "The types of the arguments above, which `@restage/core` exports. Your editor shows the members of other types.",
    ),
    ...typesOfTaps(),
    "## System calls",
    wrap(
      "Section 2 of the manual pages describes them: openat(2). All arguments but the first can be left out; they are then 0. A `Value` is an integer, or the " +
        "result of an earlier call. `Bytes` are bytes for the kernel to read, `output(length)` for it to fill, or an address. `Text` is a string, or " +
        "undefined for NULL. Constants are in `@restage/linux/abi`: `O.CLOEXEC`, `AT_FDCWD`, `MS.BIND`. `task.call.pipe2(flags)` and `task.call.socketpair(domain, " +
        "type, protocol)` return their two descriptors.",
    ),
    calls().map(item).join("\n"),
  );
}

function sections(
  facts: Readonly<Record<string, Facts>>,
  source: string,
  type: string,
  hooks: object,
): readonly string[] {
  const declared = membersOf(source, type);
  return Object.entries(facts).map(([name, { called, dryRun = "calls it" }]) => {
    const { docs = "", hook = "" } = declared.get(name) ?? {};
    const per = hook.startsWith("HookMap") ? ".for(TYPE)" : hook === "EntryHooks" ? ".KIND" : "";
    const isAsync = hook.includes("Async");
    const items = [
      `arguments: ${argumentsOf(name, hook, hooks)}`,
      ...(hook.includes("Bail") ? ["returns: an answer, or undefined to leave it to the next tap"] : []),
      ...(hook === "EntryHooks" ? ["returns: the entry, or a changed one"] : []),
      `called: ${called}`,
      `can wait: ${isAsync ? "yes, with `tapPromise`" : "no"}`,
      `a dry run: ${dryRun}`,
    ];
    return [`### \`${name}${per}\``, ...(docs === "" ? [] : [wrap(docs)]), items.map(item).join("\n")].join("\n\n");
  });
}

/** The members of an interface: their docs on one line, and their types. */
function membersOf(
  source: string,
  type: string,
): ReadonlyMap<string, { readonly docs: string; readonly hook: string }> {
  const body = new RegExp(`export interface ${type} {\\n([\\s\\S]*?)\\n}`).exec(source)?.[1] ?? "";
  const members = body.matchAll(/(?:\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*)?readonly (\w+): ([^;]+);/g);
  return new Map(
    Array.from(members, ([, docs = "", name = "", hook = ""]) => {
      const text = docs.replace(/\s*\n\s*\*\s?/g, " ").trim();
      return [name, { docs: text, hook: hook.replace(/\s+/g, " ") }] as const;
    }),
  );
}

/** The names that the hook gives its arguments, with their types. */
function argumentsOf(name: string, hook: string, hooks: object): string {
  const types = /\[(.*?)\]/.exec(hook)?.[1]?.split(", ") ?? ["the entry", "EntryPlace"];
  const made = (hooks as Readonly<Record<string, unknown>>)[name] as Tapable & {
    for?: (type: string) => Tapable;
  } & Readonly<Record<string, Tapable>>;
  const one = hook === "EntryHooks" ? made["inetsk"] : hook.startsWith("HookMap") ? made.for?.("REG") : made;
  return (one?._args ?? []).map((argument, index) => `\`${argument}: ${types[index]}\``).join(", ");
}

/** What tapable knows of a hook. */
interface Tapable {
  readonly _args: readonly string[];
}

function calls(): readonly string[] {
  const source = readFileSync(join(core, "program/call-signatures.ts"), "utf8");
  const body = /export interface CallSignatures {\n([\s\S]*?)\n}/.exec(source)?.[1] ?? "";
  const found = body.matchAll(/^ {2}(\w+): \[([^\]]*(?:\[\][^\]]*)*)\];/gm);
  return Array.from(found, ([, name, parameters]) => `\`${name}(${parameters?.replace(/\s+/g, " ").trim()})\``).sort();
}
