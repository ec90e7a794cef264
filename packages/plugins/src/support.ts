/**
 * What is known of one kind of resource, in both directions: a row of `docs/support.md`. Each room has its rows in `support.ts`, which only the
 * documentation loads.
 */
export interface Support {
  readonly group: "tasks" | "memory" | "files" | "sockets" | "terminals" | "namespaces";
  /** What CRIU or Linux call it: "eventfd", "shared anonymous memory". */
  readonly what: string;
  /** What a checkpoint holds of it; without it, `restage checkpoint` refuses it. */
  readonly saved?: string;
  /** What of it comes back. */
  readonly restored?: string;
  /** What is refused by name, by `restage checkpoint` and by `restage restore`. */
  readonly refused?: { readonly dump?: string; readonly restore?: string };
  /** What the kernel must have: a version, a configuration option, a module. */
  readonly kernel?: string;
  /** The tests that show it, `fixture NAME` or `case NAME`: from Restage's own images, and from CRIU's. */
  readonly shownBy: { readonly saved?: readonly string[]; readonly restored?: readonly string[] };
}
