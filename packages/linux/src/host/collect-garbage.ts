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
  // Not imported: both modules take Bun a millisecond to load, and a restore does not need them.
  const { setFlagsFromString } = process.getBuiltinModule("node:v8");
  const { runInNewContext } = process.getBuiltinModule("node:vm");
  try {
    setFlagsFromString("--expose-gc");
    return runInNewContext("gc") as Collect;
  } catch {
    return () => {};
  } finally {
    setFlagsFromString("--no-expose-gc");
  }
}
