import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { DumpedProgram } from "./case.ts";

/** The difference that a program found between its mounts before and after. */
export function mountDifference({ directory }: DumpedProgram): string {
  const [before, after] = ["mounts-before", "mounts-after"].map((name) => join(directory, name));
  if (before === undefined || after === undefined || !existsSync(before)) return "";
  const [was, is] = [before, after].map((path) => readFileSync(path, "utf8").split("\n"));
  const missing = was?.filter((line) => !is?.includes(line)).map((line) => `- ${line}`) ?? [];
  const added = is?.filter((line) => !was?.includes(line)).map((line) => `+ ${line}`) ?? [];
  return [...missing, ...added].join("\n");
}
