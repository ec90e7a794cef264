import { readFileSync } from "node:fs";
import { rehearse } from "@restage/core/testing";
import { expect, it } from "vitest";
import { EXIT } from "../src/exit-codes.ts";

const page = readFileSync(new URL("../../../docs/cli.md", import.meta.url), "utf8");

it("docs/cli.md lists every exit code and every kind of event", async () => {
  for (const code of Object.values(EXIT)) expect(page).toMatch(new RegExp(`^- \`${code}\`: `, "m"));
  const { events } = await rehearse({ plugins: [] });
  for (const kind of new Set(events.map(({ kind }) => kind))) expect(page).toMatch(new RegExp(`^- \`${kind}\`: `, "m"));
});
