import { describe, expect, it } from "vitest";
import { ERRNO, MAP, PAGE_SIZE, PROT, SEEK } from "../src/abi/mod.ts";
import { readText } from "../src/host/procfs.ts";
import { failureOf, kernel, mapping, memfd, stub, there } from "./driven-kernel.ts";
import { addressOf, call, data, output, resultOf } from "./steps.ts";
import { needing } from "./support.ts";

describe.skipIf(!there)(needing(there, "a program in the stub", "Linux on x86_64"), () => {
  it("gives every step its result", async () => {
    const steps = [call("getpid"), call("gettid"), call("umask", 0o27), call("umask", 0)];
    await kernel.run(stub.tracee, steps);
    expect(steps.map(({ result }) => result)).toEqual([stub.tracee.tid, stub.tracee.tid, expect.any(Number), 0o27]);
  });

  it("passes results on as arguments, and returns what the kernel writes", async () => {
    const file = memfd();
    const text = data("hello, world");
    const read = output(5);
    const written = { ...call("write", resultOf(file), addressOf(text), 12), expected: 12 };
    await kernel.run(stub.tracee, [
      file,
      written,
      { ...call("lseek", resultOf(file), -5, SEEK.END), expected: 7 },
      { ...call("read", resultOf(file), addressOf(read), 5), expected: 5 },
    ]);
    expect(new TextDecoder().decode(read.bytes)).toBe("world");
    // In a later program the result is a value.
    await kernel.run(stub.tracee, [
      { ...call("lseek", resultOf(file), 0, SEEK.CUR), expected: 12 },
      call("close", resultOf(file)),
    ]);
  });

  it("uses descriptors that the kernel wrote to memory", async () => {
    const pair = output(8);
    const end = (offset: number) => ({ kind: "loaded", data: pair, offset, size: 4 }) as const;
    const read = output(2);
    await kernel.run(stub.tracee, [
      call("pipe2", addressOf(pair), 0),
      { ...call("write", end(4), addressOf(data("ok")), 2), expected: 2 },
      { ...call("read", end(0), addressOf(read), 2), expected: 2 },
    ]);
    expect(new TextDecoder().decode(read.bytes)).toBe("ok");
    await kernel.run(stub.tracee, [call("close", end(0)), call("close", end(4))]);
  });

  it("stores results into a structure before the call that reads it", async () => {
    const place = mapping(PAGE_SIZE);
    const file = memfd();
    const range = data(new Uint8Array(16), [
      { offset: 0, size: 8, value: resultOf(place) },
      { offset: 8, size: 8, value: 3 },
    ]);
    // struct pollfd: the descriptor is the 32 bits that a store must not exceed.
    const poll = data(Uint8Array.of(0, 0, 0, 0, 4, 0, 0, 0), [{ offset: 0, size: 4, value: resultOf(file) }]);
    const read = output(3);
    await kernel.run(stub.tracee, [
      place,
      file,
      { kind: "copy", to: resultOf(place), from: data("abc") },
      { ...call("writev", resultOf(file), addressOf(range), 1), expected: 3 },
      { ...call("poll", addressOf(poll), 1, 0), expected: 1 },
      { ...call("pread64", resultOf(file), addressOf(read), 3, 0), expected: 3 },
    ]);
    expect(new TextDecoder().decode(read.bytes)).toBe("abc");
  });

  it("passes numbers above 2^53 and below 0 unchanged", async () => {
    const file = memfd();
    const far = 2n ** 60n + 1n;
    const mask = output(8);
    const blocked = data(new Uint8Array(BigUint64Array.of(0x8000_0000_0000_0201n).buffer));
    await kernel.run(stub.tracee, [
      file,
      { ...call("lseek", resultOf(file), far, SEEK.SET), expected: far },
      { ...call("lseek", resultOf(file), -1n, SEEK.CUR), expected: far - 1n },
      { ...call("lseek", resultOf(file), -1, SEEK.SET), allowed: [ERRNO.EINVAL] },
      call("rt_sigprocmask", 0, addressOf(blocked), 0, 8),
      call("rt_sigprocmask", 0, 0, addressOf(mask), 8),
    ]);
    const failed = await failureOf(stub.tracee, [
      { ...call("lseek", resultOf(file), far, SEEK.SET), expected: far - 1n },
    ]);
    expect(failed.failure.kind).toBe("result");
    const set = new DataView(mask.bytes.buffer).getBigUint64(0, true);
    expect(set & 0x8000_0000_0000_0201n).toBe(0x8000_0000_0000_0201n);
  });

  it("copies bytes of any length", async () => {
    const bytes = Uint8Array.from({ length: 3 * PAGE_SIZE + 5 }, (_value, index) => index % 251);
    const place = mapping(4 * PAGE_SIZE);
    const file = memfd();
    const read = output(bytes.length);
    await kernel.run(stub.tracee, [
      place,
      { kind: "copy", to: resultOf(place), from: data(bytes) },
      file,
      { ...call("write", resultOf(file), resultOf(place), bytes.length), expected: bytes.length },
      { ...call("pread64", resultOf(file), addressOf(read), bytes.length, 0), expected: bytes.length },
    ]);
    expect(read.bytes).toEqual(bytes);
  });

  it("merges pages: copies those that differ, and leaves equal ones shared", async () => {
    const pages = new Uint8Array(4 * PAGE_SIZE);
    for (let page = 0; page < 4; page++) pages.fill(page + 1, page * PAGE_SIZE, (page + 1) * PAGE_SIZE);
    const changed = pages.slice();
    changed[2 * PAGE_SIZE + 4095] = 99;
    const file = memfd();
    const target = call("mmap", 0, 4 * PAGE_SIZE, PROT.READ | PROT.WRITE, MAP.PRIVATE, resultOf(file), 0);
    const source = mapping(4 * PAGE_SIZE);
    const copy = memfd();
    const read = output(changed.length);
    await kernel.run(stub.tracee, [
      file,
      call("write", resultOf(file), addressOf(data(pages)), pages.length),
      target,
      source,
      { kind: "copy", to: resultOf(source), from: data(changed) },
      { kind: "merge", to: resultOf(target), from: resultOf(source), length: changed.length },
      copy,
      call("write", resultOf(copy), resultOf(target), changed.length),
      call("pread64", resultOf(copy), addressOf(read), changed.length, 0),
    ]);
    expect(read.bytes).toEqual(changed);
    const start = (target.result ?? 0).toString(16).padStart(8, "0");
    const maps = readText(`/proc/${stub.tracee.tid}/smaps`) ?? "";
    const about = maps.slice(maps.indexOf(`${start}-`));
    // Pages of a private mapping that were written to are anonymous.
    expect(/^Anonymous: +(\d+) kB/m.exec(about)?.[1]).toBe("4");
  });

  it("can have thousands of steps", async () => {
    const file = memfd();
    const steps = Array.from({ length: 5000 }, (_value, index) => call("lseek", resultOf(file), index, SEEK.SET));
    await kernel.run(stub.tracee, [file, ...steps]);
    expect(steps.every(({ result }, index) => result === index)).toBe(true);
  });
});
