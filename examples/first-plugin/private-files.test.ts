// Needs neither root nor a checkpoint: a recording kernel replaces the real one.
//
//   npx vitest run examples/first-plugin
import { testPlan, testPlugin } from "@restage/core/testing";
import { expect, it } from "vitest";
import { privateFiles } from "./private-files.ts";

it("every surviving task sets the mask", async () => {
  const lines = await testPlugin(privateFiles(), { stage: "RESTORE", task: { pid: 7, children: [{ pid: 8 }] } });
  expect(lines).toEqual(["7 RESTORE private-files: umask(077)", "8 RESTORE private-files: umask(077)"]);
});

it("a mask that is less strict than the task's own is refused before anything exists", async () => {
  const findings = await testPlan(privateFiles(0o002), { task: { pid: 7 } });
  expect(findings).toMatchObject([{ severity: "refused", what: "umask", pid: 7 }]);
});
