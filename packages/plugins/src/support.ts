/** What Restage saves and restores of one kind of resource: a row of `docs/support.md`. Only the documentation loads the rows, `support.ts` in each room. */
export interface Support {
  readonly group: "tasks" | "memory" | "files" | "sockets" | "terminals" | "namespaces";
  /** What CRIU or Linux call it: "eventfd", "shared anonymous memory". */
  readonly what: string;
  /** What a checkpoint saves in CRIU's images. Without it and `restageImage`, `restage checkpoint` refuses the resource. */
  readonly saved?: string;
  /** What a checkpoint saves in restage.img, because CRIU does not save it. */
  readonly restageImage?: string;
  /** What a restore brings back. */
  readonly restored?: string;
  /** What does not come back although nothing is refused: CRIU images cannot record it, or Restage does not. */
  readonly lost?: string;
  /** What `restage checkpoint` and `restage restore` refuse by name. */
  readonly refused?: { readonly dump?: string; readonly restore?: string };
  /** What the kernel must provide: a version, a configuration option, a module. */
  readonly kernel?: string;
  /** The tests that show it, `fixture NAME`, `case NAME` or `engine NAME`: with Restage's own images, and with CRIU's. */
  readonly shownBy: { readonly saved?: readonly string[]; readonly restored?: readonly string[] };
}
