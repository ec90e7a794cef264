import { html, type Markup } from "./markup.ts";
import type { Trace, TraceRow, TraceSpan } from "./trace.ts";

/** The least width of a span with its name in it, in percent. */
const ROOM_FOR_NAME = 3;
const MOST_TICKS = 10;

/** A trace as rows of spans over one axis of time. */
export function timeline({ milliseconds, rows, moments }: Trace): Markup {
  const at = (time: number) => ((100 * time) / milliseconds).toFixed(3);
  const lines = moments.map(
    ({ name, time }) => html`<i style="left:${at(time)}%" title="${name} ${printTime(time)}"></i>`,
  );
  const row = (
    { name, spans }: TraceRow,
    index: number,
  ) => html`<div class="mono">${name === rows[index - 1]?.name ? "" : name}</div>
<div class="row">${spans.map((span) => block(span, milliseconds))}${lines}</div>
`;
  return html`<div class="card">
<p class="legend"><span><i class="stage"></i>stages or phases</span><span><i class="program"></i>programs in tasks</span><span><i class="tap"></i>taps of plugins</span>
${moments.map(({ name, time }) => html`<span>${name} at ${printTime(time)}</span>`)}</p>
<div class="timeline"><div></div>
<div class="row axis">${ticks(milliseconds).map((time) => html`<b style="left:${at(time)}%">${printTime(time)}</b>`)}</div>
${rows.map(row)}</div>
${moments.map(({ failure }) => (failure === undefined ? undefined : html`<p class="alarm">${failure}</p>`))}</div>`;
}

function block({ name, category, start, milliseconds, failed, duties }: TraceSpan, all: number): Markup {
  const width = (100 * milliseconds) / all;
  const title = [`${name}: ${printTime(milliseconds)}${failed ? ", failed" : ""}`, ...duties].join("\n");
  const position = `left:${((100 * start) / all).toFixed(3)}%;width:${width.toFixed(3)}%`;
  return html`<span class="${category}${failed ? " failed" : ""}" style="${position}" title="${title}">${
    width < ROOM_FOR_NAME ? "" : name
  }</span>`;
}

/** Times at even distances of 1, 2 or 5 times a power of 10. */
function ticks(milliseconds: number): readonly number[] {
  const least = milliseconds / MOST_TICKS;
  const power = 10 ** Math.floor(Math.log10(least));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= least) ?? least;
  return Array.from({ length: Math.ceil(milliseconds / step) }, (_, index) => index * step);
}

function printTime(milliseconds: number): string {
  return `${milliseconds.toFixed(milliseconds < 100 ? 1 : 0)} ms`;
}
