import { image, testDump, testPlugin } from "@restage/core/testing";
import { describe, expect, it } from "vitest";
import { utsNamespace as saved } from "../../src/namespaces/uts/dump.ts";
import { utsNamespace as restored } from "../../src/namespaces/uts/restore.ts";
import { OWN_ID, treeWithOwn } from "./support.ts";

const texts = { "/proc/sys/kernel/hostname": "box", "/proc/sys/kernel/domainname": "example.org" };

describe("a UTS namespace", () => {
  it("is saved with its names, which are read inside", async () => {
    const { entries, kernel, error } = await testDump(saved(), treeWithOwn(["uts"], {}, { texts }));
    expect(error?.describe()).toBeUndefined();
    const [entry] = entries("utsns", OWN_ID);
    expect(entry?.value).toMatchObject({ nodename: "box", domainname: "example.org" });
    const entered = kernel.records.flatMap((record) =>
      record.kind === "host-call" && record.step.name === "setns" ? [record.step] : [],
    );
    expect(entered).toHaveLength(2);
  });

  it("of the host is not saved", async () => {
    const { entries } = await testDump(saved(), treeWithOwn([], {}, { texts }));
    expect(entries("utsns", OWN_ID)).toEqual([]);
  });

  it("gets its names back", async () => {
    const task = { pid: 7, ids: { uts_ns_id: OWN_ID } };
    const images = [image("utsns", [{ nodename: "box", domainname: "org" }], OWN_ID)];
    const lines = await testPlugin(restored(), { task, images, inventory: { root_ids: { uts_ns_id: 4 } } });
    expect(lines).toEqual([
      "7 ROOT_TASK uts-namespace: unshare(CLONE_NEWUTS)",
      expect.stringMatching(/^7 PREPARE_NAMESPACES uts-namespace: sethostname\(.*, 3\)$/),
      expect.stringMatching(/^7 PREPARE_NAMESPACES uts-namespace: setdomainname\(.*, 3\)$/),
    ]);
  });
});
