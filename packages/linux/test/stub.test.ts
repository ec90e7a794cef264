import { describe, expect, it } from "vitest";
import { O } from "../src/abi/mod.ts";
import { readText } from "../src/host/procfs.ts";
import { isThere, kernel, start as startStub, stop, stub, there, until } from "./driven-kernel.ts";
import { addressOf, call, data } from "./steps.ts";
import { needing } from "./support.ts";

describe.skipIf(!there)(needing(there, "the stub", "Linux on x86_64"), () => {
  it("has no descriptors, and no memory but the restorer area and the parked vdso", async () => {
    expect(await until(() => (readText(`/proc/${stub.tracee.tid}/maps`) ?? "") !== "")).toBe(true);
    const { start, length } = stub.restorerArea;
    const maps = (readText(`/proc/${stub.tracee.tid}/maps`) ?? "")
      .split("\n")
      .filter((line) => !line.endsWith("[vsyscall]"));
    for (const line of maps) {
      const [from = "", to = ""] = (line.split(" ")[0] ?? "").split("-");
      expect(Number.parseInt(from, 16)).toBeGreaterThanOrEqual(start);
      expect(Number.parseInt(to, 16)).toBeLessThanOrEqual(start + length);
    }
    for (const { name, start: from } of stub.vdso)
      expect(maps.join("\n")).toMatch(new RegExp(`${from.toString(16)}.*${name.replace(/[[\]]/g, "\\$&")}`));
    expect(stub.vdso.map(({ name }) => name)).toContain("[vdso]");
    expect([...(stub.vdsoText ?? []).slice(0, 4)]).toEqual([0x7f, 0x45, 0x4c, 0x46]);
    const directory = call("openat", -100, addressOf(data("/\0")), O.RDONLY);
    await kernel.run(stub.tracee, [directory]);
    expect(directory.result).toBe(0);
  });

  it("avoids addresses that tasks will use", async () => {
    const { start, length } = stub.restorerArea;
    await stop();
    await startStub({ occupied: [{ start: start + 4096, end: start + 8192 }] });
    const apart = stub.restorerArea.start >= start + 8192 || stub.restorerArea.start + length <= start + 4096;
    expect(apart).toBe(true);
  });

  it("is gone when it is dismissed", async () => {
    await kernel.dismissStub(1);
    expect(isThere(stub.tracee.tid)).toBe(false);
    await expect(kernel.run(stub.tracee, [call("getpid")])).rejects.toThrow();
  });
});
