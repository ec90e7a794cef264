import { definePlugin } from "@restage/core";
import { createDumpDriver } from "@restage/core/dump";
import { PluginDriver } from "@restage/core/internal";
import { RESTORE } from "@restage/core/restore";
import { defaultPlugins } from "@restage/plugins";
import { defaultDumpPlugins } from "@restage/plugins/dump";
import { describe, expect, it } from "vitest";
import { listPlugins, placeOf, printList } from "../src/commands/plugins.ts";

const replacing = definePlugin({
  name: "quiet-scheduling",
  duty: "scheduling",
  apply: ({ stages }) => stages.RESTORE.thread.tap("scheduler", () => {}),
});
const early = definePlugin({
  name: "early",
  needs: ["fs"],
  apply({ entries, plan, commit }) {
    entries.inetsk.tap("early", (entry) => entry);
    plan.tap({ name: "first", before: "file-validation" }, () => {});
    commit.tap("early", () => {});
  },
});
const chosen = [replacing, early];
const list = listPlugins(new PluginDriver(RESTORE, defaultPlugins(), chosen, () => {}), chosen);

describe("the list of plugins", () => {
  it("says which plugin claims a duty, and what it needs", () => {
    const duties = new Map(list.plugins.map((plugin) => [plugin.duty ?? plugin.name, plugin]));
    expect(duties.get("scheduling")).toMatchObject({ name: "quiet-scheduling", isDefault: false });
    expect(duties.get("fs")).toMatchObject({ duty: "fs", isDefault: true });
    expect(duties.get("early")).toMatchObject({ duty: undefined, needs: ["fs"] });
  });

  it("has the tapped hooks in the order of calls, and their taps in order", () => {
    const hooks = list.hooks.map(({ hook }) => hook);
    const some = [
      "entries.inetsk",
      "plan",
      "FORKING.task",
      "RESTORE.thread",
      "openFile.REG",
      "COMPLETE.task",
      "commit",
    ];
    expect(hooks.filter((hook) => some.includes(hook))).toEqual(some.filter((hook) => hooks.includes(hook)));
    const tapsOf = (name: string) => list.hooks.find(({ hook }) => hook === name)?.taps ?? [];
    expect(tapsOf("plan").indexOf("early")).toBe(tapsOf("plan").indexOf("file-validation") - 1);
    expect(tapsOf("RESTORE.thread")).toContain("scheduling");
    expect(tapsOf("commit").at(-1)).toBe("early");
  });

  it("is printed with the plugin that takes the place of a default", () => {
    const text = printList("Restores", list);
    expect(text).toMatch(/^ {2}scheduling +quiet-scheduling$/m);
    expect(text).toMatch(/^ {2}fs +default$/m);
    expect(text).toMatch(/^Restores: plugins without a duty\n {2}early$/m);
    expect(text).toMatch(/^ {2}entries\.inetsk +early$/m);
  });

  it("knows every hook of a restore and of a checkpoint", () => {
    expect(list.hooks.filter(({ hook }) => placeOf(hook) < 0)).toEqual([]);
    const dump = listPlugins(
      createDumpDriver(defaultDumpPlugins(), chosen, () => {}),
      chosen,
    );
    expect(dump.hooks.map(({ hook }) => hook)).toContain("describeFile");
    expect(dump.plugins.every(({ isDefault }) => isDefault)).toBe(true);
  });
});
