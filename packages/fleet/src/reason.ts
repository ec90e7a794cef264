/** What a thrown value says, for the message of another error. */
export function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
