import { describe, expect, it } from "vitest";
import { decodeSysctl, encodeSysctl, linkFolders, NAMESPACE_SYSCTLS } from "../../src/namespaces/net/sysctls/format.ts";
import { KnownSysctls } from "../../src/namespaces/net/sysctls/known-sysctls.ts";

describe("a sysctl of a network namespace", () => {
  it.each([
    ["forwarding", "1", { type: 6, iarg: 1 }],
    ["temp_prefered_lft", "-1", { type: 6, iarg: -1 }],
    ["stable_secret", "fe80::1", { type: 5, sarg: "fe80::1" }],
    ["ping_group_range", "1\t0", { type: 5, sarg: "1\t0" }],
  ])("%s survives encoding and decoding", (name, text, entry) => {
    expect(encodeSysctl(name, `${text}\n`)).toEqual(entry);
    expect(decodeSysctl(entry)).toBe(text);
  });

  it("that the kernel does not have keeps its place without a value", () => {
    expect(encodeSysctl("forwarding", undefined)).toEqual({ type: 6 });
    expect(decodeSysctl({})).toBeUndefined();
  });

  it("is looked for in folders of all links, of new links and of the link itself", () => {
    const folders = [...NAMESPACE_SYSCTLS, ...linkFolders("lo")].map(({ field, folder }) => `${field} ${folder}`);
    expect(folders).toContain("all_conf4 net/ipv4/conf/all");
    expect(folders).toContain("def_conf6 net/ipv6/conf/default");
    expect(folders).toContain("conf6 net/ipv6/conf/lo");
  });
});

describe("settings of new network namespaces", () => {
  const IPV4 = "net/ipv4/conf/default/rp_filter";
  const IPV6 = "net/ipv6/conf/default/hop_limit";
  const LOOPBACK = "net/ipv4/conf/lo/rp_filter";
  const POLICY = "net/core/devconf_inherit_init_net";

  /** Returns what is read for a clone, and which files were read for it. */
  function readOf(known: KnownSysctls, values: Readonly<Record<string, string>>, wanted = "") {
    const files: string[] = [];
    const host = {
      readText(file: string) {
        const path = file.slice("/proc/sys/".length);
        if (path !== POLICY) files.push(path);
        return values[path];
      },
    };
    const read = known.ofNew(host, 1, wanted);
    return { values: [IPV4, IPV6, LOOPBACK].map(read), files };
  }

  it.each([
    ["0", [IPV4]],
    ["1", [IPV4, IPV6]],
    ["2", []],
    ["3", [IPV4, IPV6]],
  ])("are known from the clone before, except for what the policy %s lets them inherit", (policy, inherited) => {
    const known = new KnownSysctls();
    const values = { [POLICY]: policy, [IPV4]: "1", [IPV6]: "64", [LOOPBACK]: "1" };
    expect(readOf(known, values)).toEqual({ values: ["1", "64", "1"], files: [IPV4, IPV6, LOOPBACK] });
    expect(readOf(known, values)).toEqual({ values: ["1", "64", "1"], files: inherited });
  });

  it("are all inherited as far as a namespace that does not show the policy can tell", () => {
    const known = new KnownSysctls();
    readOf(known, {});
    expect(readOf(known, {}).files).toEqual([IPV4, IPV6]);
  });

  it("are read again when one that they inherit has changed, until the next change", () => {
    const known = new KnownSysctls();
    const values = { [POLICY]: "0", [IPV4]: "1", [IPV6]: "64", [LOOPBACK]: "1" };
    const changed = { ...values, [IPV4]: "2", [LOOPBACK]: "2" };
    readOf(known, values);
    expect(readOf(known, changed)).toEqual({ values: ["2", "64", "2"], files: [IPV4, IPV6, LOOPBACK] });
    expect(readOf(known, changed)).toEqual({ values: ["2", "64", "2"], files: [IPV4] });
  });

  it("are read again when other ones are wanted, or the policy has changed", () => {
    const known = new KnownSysctls();
    readOf(known, { [POLICY]: "2" });
    expect(readOf(known, { [POLICY]: "2" }, "others").files).toEqual([IPV4, IPV6, LOOPBACK]);
    expect(readOf(known, { [POLICY]: "0" }, "others").files).toEqual([IPV4, IPV6, LOOPBACK]);
  });
});
