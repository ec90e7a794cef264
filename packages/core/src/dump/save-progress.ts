import type { DumpListener } from "../events.ts";
import type { PagesWriter } from "./pages-writer.ts";

/** The least time between two events, in milliseconds. */
const INTERVAL = 100;

/** Counts the memory that has been saved, and tells a listener from time to time. */
export class SaveProgress {
  readonly #emit: DumpListener;
  #bytes = 0;
  #told = performance.now();

  constructor(emit: DumpListener) {
    this.#emit = emit;
  }

  /** The same writer, whose bytes are counted. */
  of(writer: PagesWriter): PagesWriter {
    const { file, seen } = writer.content;
    const count = (bytes: Uint8Array): void => {
      seen(bytes);
      this.#bytes += bytes.length;
      const time = performance.now();
      if (time - this.#told < INTERVAL) return;
      this.#told = time;
      this.#emit({ kind: "memory", time, bytes: this.#bytes });
    };
    return {
      content: { file, seen: count },
      add: (range, flags) => writer.add(range, flags),
      close: () => writer.close(),
    };
  }
}
