import { byteSize } from "../../report/byte-size.ts";
import type { Summary } from "../summarize.ts";
import { html, type Markup } from "./markup.ts";

/** Every image with its size. */
export function imageTable(images: Summary["images"]): Markup {
  const most = Math.max(1, ...images.map(({ bytes }) => bytes));
  const rows = images.map(
    ({ name, bytes }) =>
      html`<tr><td>${name}</td><td class="number">${byteSize(bytes)}</td><td class="long"><span class="bar" style="width:${((100 * bytes) / most).toFixed(1)}%"></span></td></tr>`,
  );
  return html`<details class="card"><summary>list of files (${images.length})</summary><table>${rows}</table></details>`;
}
