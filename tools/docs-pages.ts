import type { CheckpointPlugin } from "../packages/core/src/dump/plugin.ts";
import { COMMANDS } from "../packages/cli/src/commands.ts";
import { commandHelp, programHelp } from "../packages/cli/src/help.ts";
import type { ERRORS, ErrorCode, RestoreError } from "../packages/core/src/errors.ts";
import type { RestorePlugin, Support } from "../packages/core/src/plugin/plugin.ts";
import { FAIL, type Participants, STAGES } from "../packages/core/src/restore/stages.ts";

const GENERATED = "<!-- Made by `npm run docs` from the sources. Do not edit. -->";

/** Pages are read on terminals too. */
export const WIDTH = 80;

type Catalogue = Readonly<Record<keyof typeof ERRORS, { readonly meaning: string; readonly remedy: string }>>;

/** `docs/errors.md`: every code, what it means, what to do, and what it looks like. */
export function errorsPage(errors: Catalogue, examples: Readonly<Record<ErrorCode, RestoreError>>): string {
  const sections = Object.entries(errors).map(([code, { meaning, remedy }]) => {
    const example = examples[code as ErrorCode].describe();
    return `## ${code}\n\n${wrap(meaning)}\n\n${wrap(`**What to do:** ${remedy}`)}\n\n${fenced(example)}`;
  });
  const intro =
    "Every failure is a `RestoreError` with one of these codes in `code`, and with what is known beside it: stage, task, duty, system call " +
    "with its arguments and errno, image entry, hint. `describe()` prints all of it, as shown with each code; `toJSON()` gives it as data.";
  return page("Errors", wrap(intro), ...sections);
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
    const head = `## ${value} ${name}\n\n${wrap(sentence(what))}\n\n${wrap(`Confirmed by: ${WHO[participants]}.`)}`;
    const items = plugins.flatMap(({ duty, name: own, stages }) => {
      const does = stages?.[name];
      return does === undefined ? [] : [item(`\`${duty ?? own}\`: ${does}`)];
    });
    if (items.length === 0) return `${head}\n\nNo default duty has work here; hooks on it are called all the same.`;
    return `${head}\n\n${items.join("\n")}`;
  });
  const intro =
    "The coordinator starts a stage, all who take part confirm it, the coordinator acts and starts the next. In each stage, duties work in " +
    "this order; a plugin that claims a duty takes its place.";
  const fail = `## ${FAIL.value} ${FAIL.name}\n\n${wrap(sentence(FAIL.what))}`;
  return page("Stages", wrap(intro), ...sections, fail);
}

const GROUPS: readonly Support["group"][] = ["tasks", "memory", "files", "sockets", "terminals", "namespaces"];

/** `docs/support.md`: what is restored, as the plugins declare it. */
export function supportPage(plugins: readonly RestorePlugin[]): string {
  const rows = plugins.flatMap(({ supports = [] }) => supports);
  const sections = GROUPS.flatMap((group) => {
    const of = rows.filter((row) => row.group === group).map((row) => supported(row));
    return of.length === 0 ? [] : [`## ${sentence(group).slice(0, -1)}`, ...of];
  });
  const intro =
    "What comes back, and what is refused by its name before any task exists. `fixture` and `case` name the tests that restored it from " +
    "images made by CRIU 4.2. What does not stand here is refused. Linux 5.10 is the least; what is needed beyond it is said.";
  return page("What is restored", wrap(intro), ...sections);
}

function supported({ what, restored, refused, kernel, shownBy }: Support, done = "restored"): string {
  const items = [
    item(`${done}: ${restored}`),
    ...(refused === undefined ? [] : [item(`refused by name: ${refused}`)]),
    ...(kernel === undefined ? [] : [item(`the kernel needs: ${kernel}`)]),
    item(`shown by: ${shownBy.join(", ")}`),
  ];
  return `### ${what}\n\n${items.join("\n")}`;
}

/**
 * `docs/checkpoint.md`: what a checkpoint has, as its plugins declare it.
 *
 * @param notYet cases that are refused, and the refusals.
 */
export function checkpointPage(plugins: readonly CheckpointPlugin[], notYet: Readonly<Record<string, string>>): string {
  const rows = plugins.flatMap(({ saves = [] }) => saves);
  const sections = GROUPS.map((group) => {
    const of = rows
      .filter((row) => row.group === group)
      .map(({ saved, ...row }) => supported({ restored: saved, ...row }, "saved"));
    return [`## ${sentence(group).slice(0, -1)}`, ...of].join("\n\n");
  });
  const intro =
    "What `restage checkpoint` saves of a tree, and what it refuses by its name before threads are asked anything, all findings at once; " +
    "the tree then goes on. `fixture` and `case` name the tests in which it was checkpointed and restored by Restage. All fixtures make that " +
    "way; CRIU 4.2 restores the same images.";
  const refused = Object.entries(notYet).map(([name, why]) => item(`${name}: ${why}`));
  const last = [
    "## Not yet",
    wrap("Cases that are restored from CRIU's images only, and for what a checkpoint refuses them:"),
    refused.join("\n"),
  ];
  return page("What a checkpoint saves", wrap(intro), ...sections, ...last);
}

/** `docs/options.md`: what `--help` says. */
export function optionsPage(): string {
  const sections = Object.entries(COMMANDS).map(([name, command]) => {
    return `## restage ${name}\n\n${fenced(commandHelp(name, command).trimEnd())}`;
  });
  return page("Options", fenced(programHelp().trimEnd()), ...sections);
}

function page(title: string, ...sections: readonly string[]): string {
  return `${[`# ${title}`, GENERATED, ...sections].join("\n\n")}\n`;
}

/** Text as it is printed; lines that are too long go on in the next one. */
function fenced(text: string): string {
  const lines = text.split("\n").map((line) => wrap(line, `${/^ */.exec(line)?.[0]}    `));
  return `\`\`\`text\n${lines.join("\n")}\n\`\`\``;
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function item(text: string): string {
  return wrap(`- ${text}`, "  ");
}

/** Text in lines of the width, those after the first indented. */
function wrap(text: string, indent = ""): string {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= WIDTH) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(lines.length === 0 ? word : `${indent}${word}`);
  }
  return lines.join("\n");
}
