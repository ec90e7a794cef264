/** A restore of images of which one has an odd field. Its seed determines it. */
export interface Case {
  readonly seed: number;
  readonly what: string;
}

/** How the restore ended, and what is wrong with that. */
export interface Outcome {
  readonly result: "restored" | "refused";
  readonly error?: string;
  readonly problems: readonly string[];
}
