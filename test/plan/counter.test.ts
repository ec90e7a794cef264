import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { ROOT, restage } from "../support/restage.ts";

const expected = fileURLToPath(new URL("./counter.txt", import.meta.url));

/** Compares the plan of the counter's checkpoint with counter.txt, which UPDATE=1 writes. Needs no root, as a plan changes nothing. */
it("the printed plan shows what happens in each stage", () => {
  const { status, stdout, stderr } = restage(["plan", "-D", "examples/counter/checkpoint"]);
  expect(status, stderr).toBe(0);
  const printed = stdout.replaceAll(ROOT, "");
  if (process.env["UPDATE"] === "1") writeFileSync(expected, printed);
  expect(printed).toBe(readFileSync(expected, "utf8"));
});
