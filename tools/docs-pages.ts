import { COMMANDS } from "../packages/cli/src/commands.ts";
import { commandHelp, programHelp } from "../packages/cli/src/help.ts";
import { PHASES } from "../packages/core/src/dump/phases.ts";
import type { ERRORS, ErrorCode, RestoreError } from "../packages/core/src/errors.ts";
import type { Plugin } from "../packages/core/src/plugin/plugin.ts";
import { FAIL, type Participants, STAGES } from "../packages/core/src/restore/stages.ts";
import type { Support } from "../packages/plugins/src/support.ts";
import { fenced, item, page, sentence, wrap } from "./markdown.ts";

type Catalogue = Readonly<Record<keyof typeof ERRORS, { readonly meaning: string; readonly remedy: string }>>;

/** `docs/errors.md`: every code, what it means, what to do, and what it looks like. */
export function errorsPage(errors: Catalogue, examples: Readonly<Record<ErrorCode, RestoreError>>): string {
  const sections = Object.entries(errors).map(([code, { meaning, remedy }]) => {
    const example = examples[code as ErrorCode].describe();
    return `## ${code}\n\n${wrap(meaning)}\n\n${wrap(`**What to do:** ${remedy}`)}\n\n${fenced(example)}`;
  });
  const intro =
    "Every failure is a `RestoreError` with one of these codes in `code`. It also names, where known, the stage or phase, task, plugin or duty, system " +
    "call with its arguments and errno, image entry, and a hint. `describe()` prints all of it, as the examples show; `toJSON()` returns it as data.";
  return page("Errors", wrap(intro), ...sections);
}

const WHO: Readonly<Record<Participants, string>> = {
  none: "nobody",
  root: "the root task",
  tasks: "all tasks, helpers and zombies",
  all: "all tasks, helpers and zombies, and the threads of tasks that continue",
  alive: "the threads of all tasks that continue",
};

/** `docs/stages.md`: the stages and phases in order, who confirms each stage, and what each duty does in them. */
export function stagesPage(plugins: readonly Plugin[], dumpPlugins: readonly Plugin[]): string {
  const sections = STAGES.map(({ name, value, participants, what }) => {
    const head = `## ${value} ${name}\n\n${wrap(sentence(what))}\n\n${wrap(`Confirmed by: ${WHO[participants]}.`)}`;
    const items = plugins.flatMap(({ duty, name: own, stages }) => {
      const does = stages?.[name];
      return does === undefined ? [] : [item(`\`${duty ?? own}\`: ${does}`)];
    });
    if (items.length === 0) return `${head}\n\nNo default duty works in this stage, but its hooks are called.`;
    return `${head}\n\n${items.join("\n")}`;
  });
  const intro =
    "The coordinator starts a stage and waits until all participants have confirmed it. Then it does its own work and starts the next stage. " +
    "Within a stage, duties work in the order of this page. A plugin that claims a duty takes the default's place.";
  const fail = `## ${FAIL.value} ${FAIL.name}\n\n${wrap(sentence(FAIL.what))}`;
  return page("Stages", wrap(intro), ...sections, fail, ...phaseSections(dumpPlugins));
}

function phaseSections(plugins: readonly Plugin[]): readonly string[] {
  const intro =
    "A checkpoint has phases. In each, the coordinator calls the taps for the tree, then those for every task and its threads, in the order of " +
    "duties below.";
  const sections = PHASES.map(({ name, what, after }) => {
    const head = [`### ${name}`, wrap(sentence(after === "" ? what : `${what}. Then ${after}`))];
    const items = plugins.flatMap(({ duty, name: own, phases }) => {
      const does = phases?.[name];
      return does === undefined ? [] : [item(`\`${duty ?? own}\`: ${does}`)];
    });
    return [...head, ...(items.length === 0 ? [] : [items.join("\n")])].join("\n\n");
  });
  return ["## Phases of a checkpoint", wrap(intro), ...sections];
}

const GROUPS: readonly Support["group"][] = ["tasks", "memory", "files", "sockets", "terminals", "namespaces"];

/**
 * `docs/support.md`: what is saved and restored of each kind of resource, and what is refused, as the rooms declare it.
 *
 * @param notYet cases that come back from CRIU's images only, and why a checkpoint refuses them.
 */
export function supportPage(rows: readonly Support[], notYet: Readonly<Record<string, string>>): string {
  const sections = GROUPS.flatMap((group) => {
    const of = rows.filter((row) => row.group === group).map(supported);
    return of.length === 0 ? [] : [`## ${sentence(group).slice(0, -1)}`, ...of];
  });
  const intro =
    "What Restage saves and restores, resource by resource. It refuses anything that is not listed. Linux 6.1 or newer is required; some " +
    "resources require more. Each section says:";
  const labels = [
    "saved: what `restage checkpoint` saves in CRIU's images",
    "saved in restage.img: what CRIU does not save, so only checkpoints of Restage have it; CRIU ignores the file",
    "restored: what `restage restore` restores; `the same` is everything that is saved",
    "lost: what is not saved or restored, although nothing is refused",
    "refused: what a command refuses; a checkpoint then leaves the tree unchanged, and a restore starts nothing",
    "tests, by their names in `test/`: those of saving make a checkpoint with Restage and restore it; those of restoring restore images that CRIU 4.2 made",
  ];
  const refused = Object.entries(notYet).map(([name, why]) => item(`${name}: ${why}`));
  const last = [
    "## Tests with CRIU's images only",
    wrap("These cases restore only images that CRIU made. `restage checkpoint` refuses their programs:"),
    refused.join("\n"),
  ];
  return page("Support", wrap(intro), labels.map(item).join("\n"), ...sections, ...last);
}

function supported({ what, saved, restageImage, restored, lost, refused, kernel, shownBy }: Support): string {
  const items = [
    ["saved", saved],
    ["saved in restage.img", restageImage],
    ["restored", restored],
    ["lost", lost],
    ["refused by `restage checkpoint`", refused?.dump],
    ["refused by `restage restore`", refused?.restore],
    ["requires", kernel],
    ["tests of saving", shownBy.saved?.join(", ")],
    ["tests of restoring", shownBy.restored?.join(", ")],
  ].flatMap(([label, text]) => (text === undefined ? [] : [item(`${label}: ${text}`)]));
  return `### ${what}\n\n${items.join("\n")}`;
}

/** `docs/options.md`: what `restage help` says. Long lists of options that several commands take appear once. */
export function optionsPage(): string {
  const commands = Object.entries(COMMANDS);
  const sections = commands.map(([name, command]) => {
    const [first = name] = commands.find(([, { options }]) => options === command.options) ?? [];
    if (first === name || command.options.length === 1)
      return `## restage ${name}\n\n${fenced(commandHelp(name, command).trimEnd())}`;
    const says = `${sentence(command.says)} It takes the options of \`restage ${first}\`.`;
    // `dump` has the help of `checkpoint`.
    const more = command.help === COMMANDS[first]?.help ? undefined : command.help;
    return [`## restage ${name}`, says, more].flatMap((text) => (text === undefined ? [] : [wrap(text)])).join("\n\n");
  });
  return page("Options", fenced(programHelp().trimEnd()), ...sections);
}
