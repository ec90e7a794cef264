import { checkpointInMemory } from "@restage/core/testing";
import { march } from "@restage/images";

/** The images of a small program, invented, by their names. A plan needs no more. */
export function smallCheckpoint(): ReadonlyMap<string, Uint8Array> {
  const source = checkpointInMemory({
    task: {
      pid: 1000,
      core: { mtype: march.X86_64, tc: { comm: "counter" } },
      descriptors: [
        { fd: 0, id: 3 },
        { fd: 1, id: 4 },
      ],
      memory: [{ start: 0x10000n, content: "42\n" }],
    },
    files: [
      { id: 3, reg: { name: "/dev/null", mode: 0o20666 } },
      { id: 4, reg: { name: "/tmp/counter.log", mode: 0o100644, flags: 1, pos: 3n } },
    ],
  });
  return new Map(source.list().map((name) => [name, source.read(name) ?? new Uint8Array()]));
}
