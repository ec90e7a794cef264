import { type CheckpointPlugin, defineCheckpointPlugin } from "../plugin.ts";

const SECOND = 1_000_000_000n;

/** The monotonic clocks that the tree has seen, so that they go on from there. */
export function timeNamespace(): CheckpointPlugin {
  return defineCheckpointPlugin({
    name: "time-namespace",
    duty: "time-namespace",
    apply({ write }) {
      write.tree.tap("time-namespace", ({ host, images }) => {
        const clock = (name: "CLOCK_MONOTONIC" | "CLOCK_BOOTTIME") => {
          const time = host.clock(name);
          return { tv_sec: time / SECOND, tv_nsec: time % SECOND };
        };
        const value = { monotonic: clock("CLOCK_MONOTONIC"), boottime: clock("CLOCK_BOOTTIME") };
        images.add("timens", 0, { value });
      });
    },
  });
}
