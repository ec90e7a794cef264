import { describe, expect, it } from "vitest";
import { parseMembers, prefixOf, settingFrom } from "../../src/cgroups/format.ts";
import { findHierarchy } from "../../src/cgroups/hierarchies.ts";

describe("cgroups in images", () => {
  it("are named after all controllers of their hierarchy, and sorted by name", () => {
    expect(parseMembers("4:name=systemd:/a:b\n2:cpu,cpuacct:/c\n0::/\n")).toEqual([
      { name: "", path: "/" },
      { name: "cpu,cpuacct", path: "/c" },
      { name: "name=systemd", path: "/a:b" },
    ]);
  });

  it("have the part of their path that is above a cgroup namespace", () => {
    expect(prefixOf("/top/inner", "/inner")).toBe(4);
    expect(prefixOf("/top", "/")).toBe(4);
    expect(prefixOf("/top", "/top")).toBe(0);
    expect(prefixOf("/other", "/../other")).toBeUndefined();
  });

  it("have settings as the kernel accepts them", () => {
    expect(settingFrom("memory.limit_in_bytes", "9223372036854775807")).toBe("-1");
    expect(settingFrom("memory.oom_control", "oom_kill_disable 1\nunder_oom 0\n")).toBe("1");
    expect(settingFrom("cgroup.procs", "7\n")).toBe("");
  });

  it("find the hierarchy of controllers that are mounted together", () => {
    const together = { names: ["rw", "cpu", "cpuacct"], mountPoint: "/sys/fs/cgroup/cpu,cpuacct" };
    expect(findHierarchy([together], "cpu,cpuacct")).toBe(together);
    expect(findHierarchy([together], "cpuset")).toBeUndefined();
  });
});
