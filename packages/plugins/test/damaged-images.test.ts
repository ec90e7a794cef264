import { type ImageInMemory, image, rehearse } from "@restage/core/testing";
import { describe, expect, it } from "vitest";
import { defaultPlugins } from "../src/mod.ts";

/** A restore with all plugins, of a task that has a pipe and a fifo. */
async function rehearseWith(images: readonly ImageInMemory[], words = 0) {
  const fpregs = { st_space: [], xmm_space: new Array<number>(words).fill(0) };
  return rehearse({
    plugins: [],
    defaults: defaultPlugins(),
    task: {
      pid: 7,
      core: { thread_info: { fpregs } },
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

  it("registers that no processor has are an error that names their image", async () => {
    expect((await rehearseWith([], 64)).events.map(({ kind }) => kind)).toContain("stage-started");
    const { error, events } = await rehearseWith([], 65);
    expect(error).toMatchObject({ code: "ERR_IMAGE", entry: "core-7.img", pid: 7 });
    expect(error?.message).toContain("at most 64 words of xmm_space, found 65");
    expect(events.map(({ kind }) => kind)).not.toContain("stage-started");
  });
});
