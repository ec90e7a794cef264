import { rehearseDump } from "@restage/core/testing";
import { describe, expect, it } from "vitest";
import { defaultDumpPlugins } from "../src/dump.ts";

describe("the default plugins of a checkpoint", () => {
  const plugins = defaultDumpPlugins();

  it("claim one duty each, and no duty is claimed twice", () => {
    const duties = plugins.map(({ duty }) => duty);
    expect(duties.filter((duty) => duty === undefined)).toEqual([]);
    expect(new Set(duties).size).toBe(duties.length);
  });

  it("work in checkpoints only: those of restores have their own entry point", () => {
    expect(plugins.filter(({ apply, dump }) => apply !== undefined || dump === undefined)).toEqual([]);
  });

  it("attribute what they find to their duties", async () => {
    const links = { exe: "/bin/program", cwd: "/", root: "/" };
    const inodes = Object.fromEntries(Object.keys(links).map((name) => [`/proc/7/${name}`, { mode: 0o100755 }]));
    const task = { pid: 7, sid: 1, pgid: 1, links, proc: { smaps: "" }, descriptors: { 3: { link: "/dev/kvm" } } };
    const { error } = await rehearseDump({ plugins: [], defaults: plugins, task, host: { inodes } });
    const found = error?.failures.map(({ plugin, message }) => `${plugin}: ${message}`) ?? [];
    expect(found.join("\n"), error?.describe()).toMatch(/^process-tree: task 7 \(program\)/m);
    expect(found.join("\n")).toMatch(/descriptor 3 \(\/dev\/kvm\)/);
  });
});
