import { type Inventions, image, rehearse, testPlan } from "@restage/core/testing";
import { describe, expect, it } from "vitest";
import { cgroup } from "../../src/mod.ts";

const MOUNTS = [
  "40 22 0:30 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw",
  "41 22 0:31 / /sys/fs/cgroup-v1/memory rw - cgroup cgroup rw,memory",
  "",
].join("\n");

function host(texts: Readonly<Record<string, string>> = {}, files: Inventions["files"] = {}): Inventions {
  return { texts: { "/proc/self/mountinfo": MOUNTS, ...texts }, files };
}

describe("cgroup", () => {
  const writes = async (plugin: ReturnType<typeof cgroup>, ids?: object) => {
    const { lines, error } = await rehearse({
      plugins: [plugin],
      task: { pid: 7, children: [{ pid: 8 }], ...(ids === undefined ? {} : { ids }) },
      inventory: { root_ids: { cgroup_ns_id: 4 } },
      // Those of the checkpoint are ignored.
      images: [image("cgroup", [{ sets: [{ id: 2, ctls: [{ name: "", path: "/old" }] }], controllers: [] }])],
      host: host(),
    });
    expect(error).toBeUndefined();
    return lines.filter(({ plugin }) => plugin === "cgroups").map(({ stage, who, text }) => `${stage} ${who}: ${text}`);
  };

  it("moves the root task before it has children", async () => {
    expect(await writes(cgroup("/web/one"))).toEqual([
      'ROOT_TASK coordinator: write "7" to /sys/fs/cgroup/web/one/cgroup.procs',
    ]);
  });

  it("moves it in several hierarchies, and to their roots", async () => {
    expect(await writes(cgroup("/", { hierarchies: ["memory", ""] }))).toEqual([
      expect.stringMatching(/\/sys\/fs\/cgroup-v1\/memory\/cgroup\.procs/),
      expect.stringMatching(/\/sys\/fs\/cgroup\/cgroup\.procs/),
    ]);
  });

  it("makes a tree's own cgroup namespace inside it", async () => {
    const [moved, entered] = await writes(cgroup("/web"), { cgroup_ns_id: 9 });
    expect(moved).toContain("/web/cgroup.procs");
    expect(entered).toBe("PREPARE_NAMESPACES 7: unshare(CLONE_NEWCGROUP)");
  });

  it.each<readonly [string, Inventions, string]>([
    ["does not exist", host({}, { "/sys/fs/cgroup/web": "missing" }), "it does not exist"],
    ["has controllers for its children", host({ "/sys/fs/cgroup/web/cgroup.subtree_control": "cpu\n" }), "it passes"],
    ["is threaded", host({ "/sys/fs/cgroup/web/cgroup.type": "threaded\n" }), "it is threaded"],
    ["is frozen", host({ "/sys/fs/cgroup/web/cgroup.events": "populated 0\nfrozen 1\n" }), "it is frozen"],
  ])("is refused if the cgroup %s", async (_what, inventions, why) => {
    expect(await testPlan(cgroup("/web"), { host: inventions })).toMatchObject([
      { severity: "refused", what: "cgroup /sys/fs/cgroup/web", why: expect.stringContaining(why) },
    ]);
  });

  it("is refused without the hierarchy", async () => {
    const findings = await testPlan(cgroup("/web", { hierarchies: ["pids"] }), { host: host() });
    expect(findings).toMatchObject([{ what: "the hierarchy pids of cgroups", why: "it is not mounted here" }]);
  });

  it.each(["web", "/web/../other", ""])("does not take %j as a path", (path) => {
    expect(() => cgroup(path)).toThrow("expected its path from the root of the hierarchy");
  });
});
