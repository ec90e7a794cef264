import { image, testPlan, testPlugin } from "@restage/core/testing";
import { describe, expect, it } from "vitest";
import { hostname, utsNamespace } from "../../src/mod.ts";
import { OWN_ID } from "../namespaces/support.ts";

const own = {
  task: { pid: 7, ids: { uts_ns_id: OWN_ID } },
  images: [image("utsns", [{ nodename: "old-name", domainname: "old.org" }], OWN_ID)],
  inventory: { root_ids: { uts_ns_id: 4 } },
};

describe("hostname", () => {
  const names = async (...plugin: Parameters<typeof hostname>) => {
    const lines = await testPlugin(utsNamespace(), {
      ...own,
      stage: "PREPARE_NAMESPACES",
      with: [hostname(...plugin)],
    });
    return lines.map((line) => line.replace(/^.*?: /, ""));
  };

  it("changes the host name, and the domain name if it is given", async () => {
    expect(await names("web-2")).toEqual(['sethostname("web-2", 5)', 'setdomainname("old.org", 7)']);
    expect(await names("web-2", { domain: "example" })).toContain('setdomainname("example", 7)');
  });

  it("is refused for a tree that shares the names of this machine", async () => {
    expect(await testPlan(hostname("web-2"), own)).toEqual([]);
    expect(await testPlan(hostname("web-2"), {})).toMatchObject([{ severity: "refused", what: "host name web-2" }]);
    const joined = { ...own, options: { joinNamespaces: { uts: "/proc/1/ns/uts" } } };
    expect(await testPlan(hostname("web-2"), joined)).toHaveLength(1);
  });

  it("does not take a name that the kernel refuses", () => {
    expect(() => hostname("x".repeat(65))).toThrow("it has more than 64 bytes");
  });
});
