import { taskName } from "@restage/linux/abi";
import { socketsOf } from "../sockets.ts";
import type { TaskSummary } from "../summarize.ts";
import { html, type Markup } from "./markup.ts";

/** Every socket, with the descriptors that lead to it. */
export function socketTable(tasks: readonly TaskSummary[]): Markup | undefined {
  const sockets = socketsOf(tasks);
  if (sockets.length === 0) return undefined;
  const rows = sockets.map(({ type, name, holders }) => {
    const where = holders.map(({ pid, comm, fd }, index) => [
      index === 0 ? "" : ", ",
      html`<a href="#task-${pid}">${taskName(pid, comm)}</a> fd ${fd}`,
    ]);
    return html`<tr><td>${type}</td><td class="long">${name}</td><td>${where}</td></tr>`;
  });
  return html`<div class="card"><table><tr><th>type</th><th>name or addresses</th><th>descriptors</th></tr>${rows}</table></div>`;
}
