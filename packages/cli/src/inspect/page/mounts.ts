import type { MountSummary, Summary } from "../summarize.ts";
import { html, type Markup } from "./markup.ts";

/** The mounts of each namespace. */
export function mountTables(namespaces: Summary["mounts"]): Markup | undefined {
  if (namespaces.length === 0) return undefined;
  return html`${namespaces.map(
    ({ namespace, mounts }) => html`<div class="card"><h3>Mount namespace ${namespace}</h3>
<table><tr><th>path</th><th>type</th><th>source</th><th>root</th><th>options</th></tr>${mounts.map(row)}</table></div>`,
  )}`;
}

function row({ path, type, source, root, options, external }: MountSummary): Markup {
  const badge = external ? html` <span class="badge">external</span>` : undefined;
  return html`<tr><td>${path}${badge}</td><td>${type}</td><td>${source}</td><td>${root}</td><td class="long">${options}</td></tr>`;
}
