import { describe, expect, it } from "vitest";
import * as dump from "../src/dump.ts";
import * as restore from "../src/mod.ts";

type Exports = Readonly<Record<string, unknown>>;

const RESTORE: Exports = restore;
const DUMP: Exports = dump;

/** The names of the functions that make plugins, by duty. */
function makers(exported: Exports): ReadonlyMap<unknown, string> {
  const names = new Map<unknown, string>();
  for (const [name, value] of Object.entries(exported)) {
    // Functions that make plugins need no options; others are services, lists and helpers.
    const made: unknown = typeof value === "function" && value.length === 0 ? value() : undefined;
    if (typeof made === "object" && made !== null && "duty" in made) names.set(made.duty, name);
  }
  return names;
}

describe("the entry points of the default plugins", () => {
  it.each([
    ["@restage/plugins", RESTORE, restore.defaultPlugins()],
    ["@restage/plugins/dump", DUMP, dump.defaultDumpPlugins()],
  ])("export each of them: %s", (_name, exported, plugins) => {
    const made = makers(exported);
    expect(plugins.filter(({ duty }) => !made.has(duty)).map(({ name }) => name)).toEqual([]);
  });

  it("call the plugins of one duty by one name in both directions", () => {
    const [restores, dumps] = [makers(RESTORE), makers(DUMP)];
    const both = [...dumps.keys()].filter((duty) => restores.has(duty));
    expect(both.length).toBeGreaterThan(15);
    expect(both.filter((duty) => restores.get(duty) !== dumps.get(duty))).toEqual([]);
  });
});
