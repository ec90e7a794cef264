import type { RestoreError } from "../errors.ts";

/**
 * Waits for work of the coordinator, but not forever.
 *
 * @param late makes the error for work that has not settled in time.
 */
export async function withinTime<T>(work: Promise<T>, milliseconds: number, late: () => RestoreError): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(late()), milliseconds);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}
