import type { RestoreSection } from "@restage/core";

type Listener = NonNullable<RestoreSection["onEvent"]>;

/** A user's `onEvent` as a listener that never fails, so that no restore or checkpoint does. After an error it receives no more events. */
export function usersListener(onEvent: Listener): Listener {
  let failed = false;
  const fail = (error: unknown): void => {
    if (!failed) process.stderr.write(`onEvent failed: ${error instanceof Error ? error.message : String(error)}\n`);
    failed = true;
  };
  return (event) => {
    if (failed) return;
    try {
      // It can be an async function.
      Promise.resolve(onEvent(event)).catch(fail);
    } catch (error) {
      fail(error);
    }
  };
}
