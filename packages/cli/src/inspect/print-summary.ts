import { taskName } from "@restage/linux/abi";
import { byteSize } from "../report/byte-size.ts";
import type { MappingSummary } from "./mappings.ts";
import type { Summary, TaskSummary } from "./summarize.ts";

/** A summary as text. */
export function printSummary({ tasks, images, damaged }: Summary): string {
  const width = Math.max(...images.map(({ name }) => name.length));
  const files = images.map(({ name, bytes }) => `  ${name.padEnd(width)} ${byteSize(bytes).padStart(10)}`);
  const problems = damaged.length === 0 ? [] : ["", "damaged", ...damaged.map(({ problem }) => `  ${problem}`)];
  return [...tasks.flatMap(printTask), "images", ...files, ...problems, ""].join("\n");
}

function printTask({
  pid,
  name,
  kind,
  parent,
  session,
  group,
  threads,
  files,
  memory,
}: TaskSummary): readonly string[] {
  const child = parent === undefined ? "" : `, child of ${parent}`;
  const lines = [
    `${taskName(pid, name)}, ${kind ?? "its core image is damaged"}${child}, session ${session}, group ${group}`,
  ];
  for (const thread of threads.slice(1)) lines.push(`  thread ${thread.tid} ${thread.name ?? ""}`);
  for (const { fd, type, name } of files)
    lines.push(`  fd ${String(fd).padEnd(5)} ${type.padEnd(10)} ${name}`.trimEnd());
  return [...lines, ...memory.map(printMapping), ""];
}

function printMapping({ start, end, access, bytes, saved, name }: MappingSummary): string {
  const content = saved === 0 ? "" : `${byteSize(saved)} saved`;
  return `  ${`${start}-${end}`.padEnd(27)} ${access} ${byteSize(bytes).padStart(10)} ${content.padStart(16)}  ${name}`.trimEnd();
}
