import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const expected = fileURLToPath(new URL("./counter.txt", import.meta.url));

/** The plan of the example's checkpoint; UPDATE=1 writes it anew. Needs no root: nothing is touched. */
it("the printed plan shows what will happen, and in which stage", () => {
  const command = ["packages/cli/dist/restage.js", "plan", "-D", "examples/counter/checkpoint"];
  const printed = execFileSync(process.execPath, command, { cwd: root, encoding: "utf8" }).replaceAll(root, "");
  if (process.env["UPDATE"] === "1") writeFileSync(expected, printed);
  expect(printed).toBe(readFileSync(expected, "utf8"));
});
