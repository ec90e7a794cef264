import { table } from "../tools/markdown.ts";
import type { Row } from "./results.ts";

/**
 * A table in Markdown with one line for each case and measure: the reference's median, and the ratios of all other tools to it. Cases come in the order
 * of their worst ratio, so losses are first.
 */
export function tableOf(rows: readonly Row[]): string {
  const tools = [...new Set(rows.map(({ tool }) => tool))];
  const [reference = "", ...others] = tools;
  const lines = [...new Set(rows.map((row) => row.case))].flatMap((name) => {
    const ofCase = rows.filter((row) => row.case === name);
    const base = ofCase.find(({ tool }) => tool === reference);
    const measures = [...new Set(ofCase.flatMap(({ median }) => Object.keys(median)))];
    return measures.map((measure) => {
      const reference = base?.median[measure];
      const own = others.map((tool) => ofCase.find((row) => row.tool === tool)?.median[measure]);
      const ratios = own.map((value) =>
        value !== undefined && reference !== undefined ? value / reference : undefined,
      );
      // What the reference does not have is not compared.
      const cells = own.map((value, index) => ratios[index]?.toFixed(2) ?? value?.toFixed(1) ?? "");
      const worst = Math.max(...ratios.map((ratio) => ratio ?? 0));
      return { worst, cells: [name, measure, reference === undefined ? "" : printed(reference, measure), ...cells] };
    });
  });
  lines.sort((a, b) => b.worst - a.worst);
  return `${table([["checkpoint", "measure", reference, ...others], ...lines.map(({ cells }) => cells)])}\n`;
}

/** A number with its unit: milliseconds, unless the measure names another one, as `Rss in MiB` does. */
function printed(number: number, measure: string): string {
  return `${number.toFixed(number < 100 ? 1 : 0)}${measure.includes(" in ") ? "" : " ms"}`;
}
