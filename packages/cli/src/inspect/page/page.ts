import { byteSize } from "../../report/byte-size.ts";
import type { Summary } from "../summarize.ts";
import { imageTable } from "./images.ts";
import { html, Markup } from "./markup.ts";
import { mountTables } from "./mounts.ts";
import { socketTable } from "./sockets.ts";
import { STYLE } from "./style.ts";
import { taskSections, taskTree } from "./tasks.ts";
import { timeline } from "./timeline.ts";
import type { Trace } from "./trace.ts";

/** A part of the page, with its place in the navigation. */
interface Section {
  readonly id: string;
  readonly title: string;
  readonly content: Markup | undefined;
}

/** A checkpoint as one page that needs nothing else: no scripts, nothing from the network. Environments are left out, because they hold secrets. */
export function printPage(summary: Summary, trace: Trace | undefined, place: string): string {
  const { tasks } = summary;
  const [root] = tasks;
  const title = root === undefined ? "Checkpoint" : `Checkpoint of ${root.name ?? "?"} (${root.pid})`;
  const sections: readonly Section[] = [
    { id: "problems", title: "Problems", content: problems(summary) },
    { id: "tree", title: "Process tree", content: taskTree(tasks) },
    { id: "timeline", title: "Timeline", content: trace === undefined ? undefined : timeline(trace) },
    { id: "tasks", title: "Tasks", content: taskSections(tasks) },
    { id: "sockets", title: "Sockets", content: socketTable(tasks) },
    { id: "mounts", title: "Mounts", content: mountTables(summary.mounts) },
    { id: "images", title: "Images", content: imageTable(summary.images) },
  ];
  const shown = sections.filter(({ content }) => content !== undefined);
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>${title}</title>
<style>${new Markup(STYLE)}</style>
</head>
<body>
<h1>${title}</h1>
<p class="faint">${place}</p>
${figures(summary)}
<nav>${shown.map(({ id, title }) => html`<a href="#${id}">${title}</a>`)}</nav>
${shown.map(
  ({ id, title, content }) => html`<section id="${id}"><h2>${title}</h2>
${content}</section>
`,
)}
</body>
</html>
`.text;
}

function figures({ tasks, images, mounts }: Summary): Markup {
  const memory = tasks.flatMap((task) => task.memory);
  const count = (name: string, value: number | string) => html`<div><b>${value}</b><span>${name}</span></div>`;
  return html`<div class="figures">${[
    count("tasks", tasks.length),
    count(
      "threads",
      sum(tasks, ({ threads }) => threads.length),
    ),
    count("open files", new Set(tasks.flatMap(({ files }) => files.map(({ id }) => id))).size),
    count(
      "mounts",
      sum(mounts, ({ mounts }) => mounts.length),
    ),
    count("memory saved", byteSize(sum(memory, ({ saved }) => saved))),
    count("memory mapped", byteSize(sum(memory, ({ bytes }) => bytes))),
    count("images", byteSize(sum(images, ({ bytes }) => bytes))),
  ]}</div>`;
}

function problems({ damaged }: Summary): Markup | undefined {
  if (damaged.length === 0) return undefined;
  return html`<div class="card alarm">${damaged.map(({ problem }) => html`<p>${problem}</p>`)}</div>`;
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
