import { testDump } from "@restage/core/testing";
import { vmaStatus } from "@restage/images";
import { HUGETLB_FLAG_ENCODE, MADV, MAP, PROT } from "@restage/linux/abi";
import { describe, expect, it } from "vitest";
import { mappings } from "../../src/memory/mappings/dump.ts";
import { decodeAdvice, encodeAdvice, kindOf } from "../../src/memory/mappings/format.ts";

describe("the format of mappings", () => {
  it("is the same after advice was encoded and decoded", () => {
    const advice = [MADV.DONTFORK, MADV.NOHUGEPAGE, MADV.DONTDUMP].sort((a, b) => a - b);
    expect(decodeAdvice({ madv: encodeAdvice(advice) })).toEqual(advice);
    expect(decodeAdvice({})).toEqual([]);
  });

  it.each([
    ["private", vmaStatus.VMA_AREA_REGULAR | vmaStatus.VMA_AREA_HEAP | vmaStatus.VMA_ANON_PRIVATE],
    ["vdso", vmaStatus.VMA_AREA_REGULAR | vmaStatus.VMA_AREA_VDSO | vmaStatus.VMA_ANON_PRIVATE],
    ["sysvipc", vmaStatus.VMA_AREA_REGULAR | vmaStatus.VMA_AREA_SYSVIPC | vmaStatus.VMA_ANON_SHARED],
    ["shared", vmaStatus.VMA_AREA_REGULAR | vmaStatus.VMA_FILE_SHARED],
    ["unsupported", vmaStatus.VMA_AREA_REGULAR],
  ])("tells mappings of the kind %s by their status", (kind, status) => {
    expect(kindOf({ status })).toBe(kind);
  });
});

describe("a checkpoint", () => {
  const save = async (smaps: string) => {
    const { context, findings } = await testDump(mappings(), { task: { pid: 7, proc: { smaps } } });
    return { entries: context?.tree.root.mappings.map(({ entry }) => entry), findings };
  };

  it("saves protection, flags, advice and kind of mappings", async () => {
    const { entries } = await save("10000-12000 r-xp 00000000 00:00 0 [heap]\nVmFlags: rd ex lo dc nh\n");
    expect(entries).toEqual([
      {
        start: 0x10000n,
        end: 0x12000n,
        pgoff: 0n,
        shmid: 0n,
        prot: PROT.READ | PROT.EXEC,
        flags: MAP.PRIVATE | MAP.LOCKED | MAP.ANONYMOUS,
        status: vmaStatus.VMA_AREA_REGULAR | vmaStatus.VMA_AREA_HEAP | vmaStatus.VMA_ANON_PRIVATE,
        fd: -1n,
        madv: encodeAdvice([MADV.DONTFORK, MADV.NOHUGEPAGE]),
      },
    ]);
  });

  it("saves the two parts of vvar as one mapping", async () => {
    const vvar = "10000-14000 r--p 00000000 00:00 0 [vvar]\nVmFlags: rd\n";
    const { entries } = await save(`${vvar}14000-16000 r--p 00000000 00:00 0 [vvar_vclock]\nVmFlags: rd\n`);
    expect(entries).toMatchObject([{ start: 0x10000n, end: 0x16000n }]);
  });

  it("saves private huge pages as anonymous memory, with their size", async () => {
    const size = "KernelPageSize:     2048 kB";
    const smaps = `200000-400000 rw-p 00000000 00:0f 5 /anon_hugepage (deleted)\n${size}\nVmFlags: rd wr ht\n`;
    const { findings, entries } = await save(smaps);
    expect(findings).toEqual([]);
    expect(entries).toMatchObject([
      {
        flags: MAP.PRIVATE | MAP.ANONYMOUS | MAP.HUGETLB | (21 << HUGETLB_FLAG_ENCODE.SHIFT),
        status: vmaStatus.VMA_AREA_REGULAR | vmaStatus.VMA_ANON_PRIVATE,
      },
    ]);
  });

  it("refuses uprobes", async () => {
    const { findings } = await save("10000-11000 --xp 00000000 00:00 0 [uprobes]\nVmFlags: ex\n");
    expect(findings).toMatchObject([{ severity: "refused", pid: 7 }]);
    expect(findings[0]?.why).toMatch(/uprobes/);
  });
});
