import { taskName } from "@restage/linux/abi";
import { byteSize } from "../../report/byte-size.ts";
import type { TaskSummary } from "../summarize.ts";
import { html, type Markup } from "./markup.ts";
import { memoryMap } from "./memory-map.ts";

/** The tree of tasks: each leads to its section, and a bar shows its part of the saved memory. */
export function taskTree(tasks: readonly TaskSummary[]): Markup {
  const most = Math.max(1, ...tasks.map(savedBytes));
  return html`<div class="card">${branch(tasks, undefined, most)}</div>`;
}

function branch(tasks: readonly TaskSummary[], parent: number | undefined, most: number): Markup | undefined {
  const children = tasks.filter((task) => task.parent === parent);
  if (children.length === 0) return undefined;
  return html`<ul class="tree">${children.map(
    (
      task,
    ) => html`<li><a href="#task-${task.pid}">${taskName(task.pid, task.name)}</a> ${badges(task)} ${bar(task, most)}
${branch(tasks, task.pid, most)}</li>`,
  )}</ul>`;
}

function badges({ kind, threads, pid, session }: TaskSummary): Markup {
  const remarks = [
    ...(kind === "alive" ? [] : [kind ?? "damaged core image"]),
    ...(threads.length > 1 ? [`${threads.length} threads`] : []),
    ...(session === pid ? ["session leader"] : []),
  ];
  return html`${remarks.map((remark) => html`<span class="badge">${remark}</span> `)}`;
}

function bar(task: TaskSummary, most: number): Markup | undefined {
  const saved = savedBytes(task);
  if (saved === 0) return undefined;
  const width = ((10 * saved) / most).toFixed(2);
  return html`<span class="bar" style="width:${width}rem"></span> <span class="faint">${byteSize(saved)} saved</span>`;
}

function savedBytes({ memory }: TaskSummary): number {
  return memory.reduce((bytes, { saved }) => bytes + saved, 0);
}

/** How many tasks are shown open: a page of many would be too long to read. */
const OPEN = 3;

/** Threads, memory and files of each task. */
export function taskSections(tasks: readonly TaskSummary[]): Markup {
  return html`${tasks.map((task, index) => section(task, index < OPEN ? html` open` : undefined))}`;
}

function section(task: TaskSummary, open: Markup | undefined): Markup {
  const { pid, name, parent, session, group } = task;
  const ids = `${parent === undefined ? "" : `child of ${parent}, `}session ${session}, group ${group}`;
  return html`<details class="card" id="task-${pid}"${open}>
<summary><b>${taskName(pid, name)}</b> ${badges(task)} <span class="faint">${ids}</span></summary>
${threads(task)}${memoryMap(task.memory)}${files(task)}</details>
`;
}

function threads({ threads }: TaskSummary): Markup | undefined {
  if (threads.length < 2) return undefined;
  const list = threads.map(({ tid, name }) => `${tid} ${name ?? ""}`.trim()).join(", ");
  return html`<h3>Threads</h3><p class="mono">${list}</p>`;
}

function files({ files }: TaskSummary): Markup | undefined {
  if (files.length === 0) return undefined;
  const rows = files.map(
    ({ fd, type, name }) => html`<tr><td class="number">${fd}</td><td>${type}</td><td class="long">${name}</td></tr>`,
  );
  return html`<h3>Open files</h3>
<table><tr><th class="number">fd</th><th>type</th><th>path, name or address</th></tr>${rows}</table>`;
}
