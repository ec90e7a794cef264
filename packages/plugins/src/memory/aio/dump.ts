import { definePlugin, type Mapping, type Plugin } from "@restage/core";
import type { AioRingEntry, InputOf } from "@restage/images";
import { IO_EVENT_SIZE } from "@restage/linux/abi";
import { kindOf } from "../mappings/format.ts";
import { RING_HEADER } from "./format.ts";

/** Contexts of asynchronous I/O. The duty `private-memory` saves their rings, with the events that the program has not taken yet. */
export function aio(): Plugin {
  return definePlugin({
    name: "aio",
    duty: "aio",
    needs: ["mappings"],
    phases: { inspect: "finds contexts of asynchronous I/O" },
    dump({ phases }) {
      phases.inspect.task.tap("aio", (task) => {
        const rings = task.mappings.filter(({ entry: { status = 0 } }) => kindOf({ status }) === "aio");
        task.mm.aios = rings.map(ringOf);
      });
    },
  });
}

/** The entry of a ring. For N requests the kernel makes at least 2N + 2 events, as many as fit into whole pages. Source: fs/aio.c. */
function ringOf({ start, end }: Mapping): InputOf<AioRingEntry> {
  const length = Number(end - start);
  const events = Math.floor((length - RING_HEADER) / IO_EVENT_SIZE);
  return { id: start, ring_len: length, nr_req: Math.floor((events - 2) / 2) };
}
