import type { LeftOutEvent } from "../events.ts";

/**
 * Calls the taps of a hook, one after the other. tapable compiles a function for each hook when it is first called; most hooks are called
 * once, and running the taps as they are takes less time than compiling. Hooks that something else intercepts are left to tapable.
 */
export async function callTaps<Args extends readonly unknown[]>(
  hook: { promise(...args: Args): Promise<unknown> },
  ...args: Args
): Promise<void> {
  const { interceptors, taps } = hook as unknown as SeriesHook<Args>;
  if (
    interceptors.some(({ call, tap }) => call !== undefined || tap !== undefined) ||
    taps.some(({ type }) => type === "async")
  ) {
    await hook.promise(...args);
    return;
  }
  for (const { type, fn } of taps) {
    const settled = fn(...args);
    if (type === "promise") await settled;
  }
}

/** Does not call the taps of a hook, because this is a dry run, and says so. */
export function leaveOut(
  hook: string,
  { taps }: { readonly taps: readonly { readonly name: string }[] },
  emit: (event: LeftOutEvent) => void,
): void {
  const names = taps.map(({ name }) => name);
  if (names.length > 0) emit({ kind: "left-out", time: performance.now(), hook, taps: names });
}

/** The contents of a tapable hook, which its types do not show. */
interface SeriesHook<Args extends readonly unknown[]> {
  readonly taps: readonly { readonly type: "sync" | "async" | "promise"; readonly fn: (...args: Args) => unknown }[];
  readonly interceptors: readonly { readonly call?: unknown; readonly tap?: unknown }[];
}
