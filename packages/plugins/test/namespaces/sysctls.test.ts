import { describe, expect, it } from "vitest";
import { decodeSysctl, encodeSysctl, linkFolders, NAMESPACE_SYSCTLS } from "../../src/namespaces/net/sysctls/format.ts";

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
