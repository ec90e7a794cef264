/**
 * Calls the taps of a hook, one after the other. tapable compiles a function for each hook when it is first called; most hooks are called
 * once, and running the taps as they are takes less time than compiling. Hooks that something else intercepts are left to tapable.
 */
export async function callTaps<Args extends readonly unknown[]>(
  hook: { promise(...args: Args): Promise<unknown> },
  ...args: Args
): Promise<void> {
  await startTaps(hook, ...args);
}

/** Like {@link callTaps}, but returns a promise only if a tap has to be waited for. Otherwise all have been called. */
export function startTaps<Args extends readonly unknown[]>(
  hook: { promise(...args: Args): Promise<unknown> },
  ...args: Args
): Promise<unknown> | undefined {
  const { taps } = contentOf<Args>(hook);
  if (isIntercepted(hook) || taps.some(({ type }) => type === "async")) return hook.promise(...args);
  for (const [index, { type, fn }] of taps.entries()) {
    const settled = fn(...args);
    if (type === "promise") return callAfter(settled, taps.slice(index + 1), args);
  }
  return undefined;
}

async function callAfter<Args extends readonly unknown[]>(
  settled: unknown,
  taps: HookContent<Args>["taps"],
  args: Args,
): Promise<void> {
  await settled;
  for (const { type, fn } of taps) {
    const result = fn(...args);
    if (type === "promise") await result;
  }
}

/** Like {@link callTaps}, for a SyncHook. */
export function callSyncTaps<Args extends readonly unknown[]>(
  hook: { call(...args: Args): unknown },
  ...args: Args
): void {
  if (isIntercepted(hook)) hook.call(...args);
  else for (const { fn } of contentOf<Args>(hook).taps) fn(...args);
}

/** Like {@link callTaps}, for a SyncBailHook. Returns the result of the first tap that has one; those after it are not called. */
export function callFirstTap<Args extends readonly unknown[], Result>(
  hook: { call(...args: Args): Result | undefined },
  ...args: Args
): Result | undefined {
  if (isIntercepted(hook)) return hook.call(...args);
  for (const { fn } of contentOf<Args>(hook).taps) {
    const result = fn(...args);
    if (result !== undefined) return result as Result;
  }
  return undefined;
}

function isIntercepted(hook: object): boolean {
  return contentOf(hook).interceptors.some(({ call, tap }) => call !== undefined || tap !== undefined);
}

function contentOf<Args extends readonly unknown[]>(hook: object): HookContent<Args> {
  return hook as HookContent<Args>;
}

/** The contents of a tapable hook, which its types do not show. */
interface HookContent<Args extends readonly unknown[]> {
  readonly taps: readonly { readonly type: "sync" | "async" | "promise"; readonly fn: (...args: Args) => unknown }[];
  readonly interceptors: readonly { readonly call?: unknown; readonly tap?: unknown }[];
}
