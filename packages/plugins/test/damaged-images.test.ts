import { type ImageInMemory, image, rehearse } from "@restage/core/testing";
import type { TaskTimersEntry } from "@restage/images";
import { describe, expect, it } from "vitest";
import { defaultPlugins } from "../src/mod.ts";

/** A restore with all plugins, of a task that has a pipe and a fifo. */
async function rehearseWith(images: readonly ImageInMemory[], words = 0, timers?: TaskTimersEntry) {
  const fpregs = { st_space: [], xmm_space: new Array<number>(words).fill(0) };
  return rehearse({
    plugins: [],
    defaults: defaultPlugins(),
    task: {
      pid: 7,
      core: { thread_info: { fpregs }, ...(timers === undefined ? {} : { tc: { timers } }) },
      descriptors: [
        { fd: 0, id: 3 },
        { fd: 1, id: 5 },
      ],
    },
    files: [
      { id: 3, pipe: { pipe_id: 9 } },
      { id: 4, reg: { name: "/fifo" } },
      { id: 5, fifo: { pipe_id: 8, regf_id: 4 } },
    ],
    images,
  });
}

/** What is left of an image that was cut off. */
function cut({ fileName, bytes }: ImageInMemory): ImageInMemory {
  return { fileName, bytes: bytes.subarray(0, -1) };
}

const content = [new Uint8Array([1, 2])];

describe("before any task exists", () => {
  it.each([
    ["pipes-data.img", cut(image("pipes_data", [{ pipe_id: 9, bytes: 2 }], undefined, content))],
    ["fifo-data.img", cut(image("fifo_data", [{ pipe_id: 8, bytes: 2 }], undefined, content))],
  ])("a damaged %s is an error that names it", async (name, damaged) => {
    const { error, events } = await rehearseWith([damaged]);
    expect(error).toMatchObject({ code: "ERR_IMAGE", stage: undefined });
    expect(error?.message).toContain(name);
    expect(events.map(({ kind }) => kind)).not.toContain("stage-started");
  });

  it("an image of a task of an earlier checkpoint in the directory does not matter", async () => {
    const pages = { vaddr: 0x2000n, compat_nr_pages: 1, nr_pages: 1n, flags: 4 };
    const leftover = (pid: number) => image("pagemap", [{ pages_id: 9 }, pages], pid);
    expect((await rehearseWith([leftover(99)])).error).toBeUndefined();
    expect((await rehearseWith([leftover(7)])).error?.message).toContain("pagemap-7.img");
  });

  const SECOND = 1_000_000_000n;
  const never = { isec: 0n, iusec: 0n, vsec: 0n, vusec: 0n };
  const posix = { it_id: 0, clock_id: 0, si_signo: 14, it_sigev_notify: 0, sival_ptr: 0n, overrun: 0 };
  const timers = { real: never, virt: never, prof: never, posix: [] };
  const timerfd = {
    id: 6,
    flags: 0,
    clockid: 0,
    ticks: 0n,
    settime_flags: 0,
    vsec: 0n,
    vnsec: 0n,
    isec: 0n,
    insec: 0n,
  };
  const time = { tv_sec: 0n, tv_nsec: 0n };
  it.each<[field: string, images: readonly ImageInMemory[], timers?: TaskTimersEntry]>([
    ["timespec.tv_nsec", [image("timens", [{ monotonic: { ...time, tv_nsec: SECOND }, boottime: time }], 0)]],
    ["timespec.tv_sec", [image("timens", [{ monotonic: time, boottime: { ...time, tv_sec: 5n * SECOND } }], 0)]],
    ["itimer_entry.vusec", [], { ...timers, real: { ...never, vusec: 1_000_000n } }],
    ["itimer_entry.isec", [], { ...timers, prof: { ...never, isec: 10n * SECOND } }],
    ["posix_timer_entry.insec", [], { ...timers, posix: [{ ...posix, isec: 0n, insec: SECOND, vsec: 0n, vnsec: 0n }] }],
    ["timerfd_entry.vnsec", [image("files", [{ type: 17, id: 6, tfd: { ...timerfd, fown: {}, vnsec: SECOND } }])]],
  ])("a time in %s that the kernel would refuse is an error that names the field", async (field, images, timers) => {
    const { error, events } = await rehearseWith(images, 0, timers);
    expect(error).toMatchObject({ code: "ERR_IMAGE", stage: undefined });
    expect(error?.message).toContain(`Cannot decode ${field}: expected less than`);
    expect(events.map(({ kind }) => kind)).not.toContain("stage-started");
  });

  it("registers that no processor has are an error that names their image", async () => {
    expect((await rehearseWith([], 64)).events.map(({ kind }) => kind)).toContain("stage-started");
    const { error, events } = await rehearseWith([], 65);
    expect(error).toMatchObject({ code: "ERR_IMAGE", entry: "core-7.img", pid: 7 });
    expect(error?.message).toContain("at most 64 words of xmm_space, found 65");
    expect(events.map(({ kind }) => kind)).not.toContain("stage-started");
  });
});
