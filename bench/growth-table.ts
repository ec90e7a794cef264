import { table } from "../tools/markdown.ts";
import type { Row } from "./results.ts";

interface Point {
  readonly size: number;
  readonly time: number;
}

/**
 * A table in Markdown: for each thing that grows, and each measure, the times of both tools at each size, and what one more costs them. The worst ratio of
 * these costs comes first.
 */
export function growthTableOf(rows: readonly Row[]): string {
  const things = [...new Set(rows.map((row) => thingOf(row)))];
  const lines = things.flatMap((thing) => {
    const ofThing = rows.filter((row) => thingOf(row) === thing);
    const measures = [...new Set(ofThing.flatMap(({ median }) => Object.keys(median)))];
    return measures.map((measure) => {
      const [theirs, ours] = ["criu", "library"].map((tool) => pointsOf(ofThing, tool, measure)) as [Point[], Point[]];
      const ratio = slopeOf(ours) / slopeOf(theirs);
      const sizes = theirs.map(({ size }) => size).join(", ");
      const cells = [theirs, ours].flatMap((points) => [inMilliseconds(points), each(slopeOf(points))]);
      return { ratio, cells: [thing, sizes, measure, ...cells, ratio.toFixed(2)] };
    });
  });
  lines.sort((a, b) => b.ratio - a.ratio);
  const head = ["grows", "sizes", "measure", "CRIU, ms", "one more", "library, ms", "one more", "ratio"];
  return `${table([head, ...lines.map(({ cells }) => cells)])}\n`;
}

/** What a case, such as "64 tasks", has more or fewer of. */
function thingOf({ case: name }: Row): string {
  return name.slice(name.indexOf(" ") + 1);
}

function pointsOf(rows: readonly Row[], tool: string, measure: string): Point[] {
  return rows
    .filter((row) => row.tool === tool)
    .map((row) => ({ size: Number.parseInt(row.case, 10), time: row.median[measure] ?? Number.NaN }));
}

/** Milliseconds for each one more, from the smallest size to the largest. */
function slopeOf(points: readonly Point[]): number {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) return Number.NaN;
  return (last.time - first.time) / (last.size - first.size);
}

function inMilliseconds(points: readonly Point[]): string {
  return points.map(({ time }) => time.toFixed(0)).join(", ");
}

function each(milliseconds: number): string {
  return `${(milliseconds * 1000).toFixed(milliseconds < 0.01 ? 1 : 0)} µs`;
}
