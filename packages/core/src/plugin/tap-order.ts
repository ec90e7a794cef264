import { RestoreError } from "../errors.ts";
import { nearest } from "../nearest.ts";

/** A tap as tapable hands it to interceptors. */
export interface Tap {
  readonly name: string;
  readonly type: "sync" | "async" | "promise";
  readonly fn: (...args: never[]) => unknown;
  readonly before?: string | readonly string[];
  readonly stage?: number;
}

/** A tap that a hook has already, and the duty of its plugin. */
export interface KnownTap {
  readonly name: string;
  readonly duty: string | undefined;
}

/**
 * The names of the taps that a tap must run before. It can name them by their duty, which stays when another plugin claims that. tapable
 * silently puts a tap with an unknown `before` first, and bare numbers tell a reader nothing: both are errors here.
 */
export function orderOf(tap: Tap, hook: string, known: readonly KnownTap[], plugin: string): string[] {
  if (tap.stage !== undefined) {
    throw new RestoreError("ERR_TAP_ORDER", `Tap ${tap.name} of ${hook} is ordered by the number ${tap.stage}`, {
      plugin,
      hint: 'order taps by name: `before: "..."`',
    });
  }
  const before = tap.before === undefined ? [] : [tap.before].flat();
  return before.flatMap((wanted) => {
    const byName = known.filter(({ name }) => name === wanted);
    const found = byName.length > 0 ? byName : known.filter(({ duty }) => duty === wanted);
    if (found.length > 0) return found.map(({ name }) => name);
    const message = `Tap ${tap.name} of ${hook} must run before ${wanted}, which does not exist`;
    const names = known.map(({ name }) => name).join(", ");
    const close = nearest(
      wanted,
      known.flatMap(({ name, duty = name }) => [name, duty]),
    );
    const has = known.length === 0 ? "the hook has no taps yet" : `the hook has: ${names}`;
    const hint = close === undefined ? has : `did you mean ${close}? ${has}`;
    throw new RestoreError("ERR_TAP_ORDER", message, { plugin, hint });
  });
}
