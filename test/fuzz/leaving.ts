import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { definePlugin, type Plugin } from "@restage/core";

/** Leaves a file, a mount and a process behind, and makes the restore fail. */
export function leaving(): Plugin {
  return definePlugin({
    name: "leaving",
    apply({ plan }) {
      const directory = mkdtempSync("/tmp/left-");
      execFileSync("mount", ["--bind", directory, directory]);
      spawn("sleep", ["1000"]);
      plan.tap("leaving", (plan) => plan.refuse({ what: "everything", why: "something was left behind" }));
    },
  });
}
