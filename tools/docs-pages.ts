import type { ERRORS } from "../packages/core/src/errors.ts";
import type { RestorePlugin, Support } from "../packages/core/src/plugin/plugin.ts";
import { FAIL, type Participants, type RunStageName, STAGES } from "../packages/core/src/stages/stages.ts";

const GENERATED = "<!-- Made by `npm run docs` from the sources. Do not edit. -->";

type Catalogue = Readonly<Record<keyof typeof ERRORS, { readonly meaning: string; readonly remedy: string }>>;

/** `docs/errors.md`: every code, what it means and what to do. */
export function errorsPage(errors: Catalogue): string {
  const sections = Object.entries(errors).map(([code, { meaning, remedy }]) => {
    return `## ${code}\n\n${meaning}\n\n**What to do:** ${remedy}`;
  });
  const intro =
    "Every failure is a `RestoreError` with one of these codes in `code`, and with what is known beside it: stage, task, duty, system call with " +
    "its arguments and errno, image entry, hint. `describe()` prints all of it, `toJSON()` gives it as data.";
  return `${["# Errors", GENERATED, intro, ...sections].join("\n\n")}\n`;
}

const WHO: Readonly<Record<Participants, string>> = {
  none: "nobody",
  root: "the root task",
  tasks: "all tasks, helpers and zombies",
  all: "all tasks, helpers and zombies; the threads of those that go on",
  alive: "the threads of tasks that go on",
};

/** `docs/stages.md`: the stages in order, who confirms each, and what each duty does in it. */
export function stagesPage(plugins: readonly RestorePlugin[]): string {
  const sections = STAGES.map(({ name, value, participants, what }) => {
    const head = `## ${value} ${name}\n\n${sentence(what)}\n\nConfirmed by: ${WHO[participants]}.`;
    const rows = plugins.flatMap((plugin) => row(plugin, name));
    if (rows.length === 0) return `${head}\n\nNo default duty has work here; hooks on it are called all the same.`;
    return `${head}\n\n${["| duty | what it does |", "|---|---|", ...rows].join("\n")}`;
  });
  const intro =
    "The coordinator starts a stage, all who take part confirm it, the coordinator acts and starts the next. In each stage, duties work in this " +
    "order; a plugin that claims a duty takes its place.";
  const fail = `## ${FAIL.value} ${FAIL.name}\n\n${sentence(FAIL.what)}`;
  return `${["# Stages", GENERATED, intro, ...sections, fail].join("\n\n")}\n`;
}

function row({ duty, name, stages }: RestorePlugin, stage: RunStageName): string[] {
  const what = stages?.[stage];
  return what === undefined ? [] : [`| \`${duty ?? name}\` | ${what.replaceAll("|", "\\|")} |`];
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

const GROUPS: readonly Support["group"][] = ["tasks", "memory", "files", "sockets", "terminals", "namespaces"];

/** `docs/support.md`: what is restored, as the plugins declare it. */
export function supportPage(plugins: readonly RestorePlugin[]): string {
  const rows = plugins.flatMap(({ supports = [] }) => supports);
  const sections = GROUPS.flatMap((group) => {
    const of = rows.filter((row) => row.group === group).map(supportRow);
    if (of.length === 0) return [];
    const head = ["| what | restored | refused by name | the kernel needs | shown by |", "|---|---|---|---|---|"];
    return [`## ${sentence(group).slice(0, -1)}\n\n${[...head, ...of].join("\n")}`];
  });
  const intro =
    "What comes back, and what is refused by its name before any task exists. `fixture` and `case` name the tests that restored it from images " +
    "made by CRIU 4.2. What is in no row is refused. Linux 5.10 is the least; the column says what is needed beyond it.";
  return `${["# What is restored", GENERATED, intro, ...sections].join("\n\n")}\n`;
}

function supportRow({ what, restored, refused, kernel, shownBy }: Support): string {
  const cells = [what, restored, refused ?? "", kernel ?? "", shownBy.join(", ")];
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}
