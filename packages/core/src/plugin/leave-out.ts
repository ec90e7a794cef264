import type { LeftOutEvent } from "../events.ts";

/** Does not call the taps of a hook, because this is a dry run, and says so. */
export function leaveOut(
  hook: string,
  { taps }: { readonly taps: readonly { readonly name: string }[] },
  emit: (event: LeftOutEvent) => void,
): void {
  const names = taps.map(({ name }) => name);
  if (names.length > 0) emit({ kind: "left-out", time: performance.now(), hook, taps: names });
}
