import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

type Collect = (options?: { readonly type: "minor" }) => void;

let collect: Collect | undefined;

/**
 * Collects young garbage now, so that Node does not do it at a worse time. Does nothing on Bun and Deno, where it brought nothing.
 */
export function collectGarbage(): void {
  if ("Bun" in globalThis || "Deno" in globalThis) return;
  collect ??= findCollector();
  collect({ type: "minor" });
}

/** V8 shows its collector only to contexts that are made while this flag is set. It rejects compiled code that was stored with other flags. */
function findCollector(): Collect {
  try {
    setFlagsFromString("--expose-gc");
    return runInNewContext("gc") as Collect;
  } catch {
    return () => {};
  } finally {
    setFlagsFromString("--no-expose-gc");
  }
}
