import type { RestoreSection } from "@restage/core";

type Listener = NonNullable<RestoreSection["onEvent"]>;

/** How long listeners have at the end of the command, in milliseconds. */
const LIMIT = 5000;

/** What async listeners have not finished. */
const unfinished = new Set<Promise<unknown>>();

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
      const answer: unknown = onEvent(event);
      if (!(answer instanceof Promise)) return;
      const finished = answer.catch(fail).finally(() => unfinished.delete(finished));
      unfinished.add(finished);
    } catch (error) {
      fail(error);
    }
  };
}

/** Waits until listeners have finished, for example sent what they collected. Says so if they take too long. */
export async function listenersFinished(): Promise<void> {
  if (unfinished.size === 0) return;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(() => {
      process.stderr.write(`onEvent has not finished after ${LIMIT / 1000} seconds\n`);
      resolve();
    }, LIMIT);
  });
  await Promise.race([Promise.all(unfinished), late]);
  clearTimeout(timer);
}
