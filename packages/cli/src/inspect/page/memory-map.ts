import { byteSize } from "../../report/byte-size.ts";
import type { MappingSummary } from "../mappings.ts";
import { html, type Markup } from "./markup.ts";

/** What mappings are for, by the names of their colors. */
const KINDS = {
  code: "code",
  file: "other parts of files",
  heap: "heap",
  stack: "stack",
  anonymous: "anonymous",
  shared: "shared",
  kernel: "of the kernel",
  other: "other",
} as const;
type Kind = keyof typeof KINDS;

const PAGE_SIZE = 4096;

/** The mappings of a task: a strip in the order of their addresses, and a table. */
export function memoryMap(memory: readonly MappingSummary[]): Markup | undefined {
  if (memory.length === 0) return undefined;
  const used = new Set(memory.map(kindOf));
  const legend = (Object.keys(KINDS) as Kind[]).filter((kind) => used.has(kind));
  return html`<h3>Memory</h3>
<div class="map">${memory.map((mapping, index) => [gap(memory[index - 1], mapping), block(mapping)])}</div>
<div class="legend">${legend.map((kind) => html`<span><i class="${kind}"></i>${KINDS[kind]}</span>`)}<span>Widths grow with the logarithm of sizes.</span></div>
<details><summary class="faint">list of mappings (${memory.length})</summary>
<table><tr><th>addresses</th><th>access</th><th class="number">size</th><th class="number">saved</th><th>file or purpose</th></tr>${memory.map(row)}</table></details>`;
}

function gap(before: MappingSummary | undefined, { start }: MappingSummary): Markup | undefined {
  return before === undefined || before.end === start ? undefined : html`<span class="gap"></span>`;
}

function block(mapping: MappingSummary): Markup {
  const { start, end, access, bytes, saved, name } = mapping;
  const width = (Math.log2(bytes / PAGE_SIZE) + 1).toFixed(1);
  const title = [`${start}-${end} ${access} ${name}`.trim(), `${byteSize(bytes)}, ${byteSize(saved)} saved`];
  return html`<span class="${kindOf(mapping)}" style="flex-grow:${width}" title="${title.join("\n")}"></span>`;
}

function row(mapping: MappingSummary): Markup {
  const { start, end, access, bytes, saved, name } = mapping;
  return html`<tr><td>${start}-${end}</td><td>${access}</td><td class="number">${byteSize(bytes)}</td><td class="number">${
    saved === 0 ? "" : byteSize(saved)
  }</td><td class="long">${name}</td></tr>`;
}

function kindOf({ name, access }: MappingSummary): Kind {
  if (name === "[heap]") return "heap";
  if (name === "[stack]") return "stack";
  if (["[vdso]", "[vvar]", "[vsyscall]"].includes(name)) return "kernel";
  if (name.startsWith("/")) return access.includes("x") ? "code" : "file";
  if (access.endsWith("s")) return "shared";
  return name === "" || name === "[anon_private]" ? "anonymous" : "other";
}
