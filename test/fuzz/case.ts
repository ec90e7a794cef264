/** Which cases to try: `count` of them from `seed` on, for as long as `seconds`. */
export interface Cases {
  readonly seed: number;
  readonly count: number;
  readonly seconds: number;
  /** How long what a restore has left may still be ending, in milliseconds. */
  readonly patience: number;
  /** Whether each restore leaves something behind on purpose. */
  readonly leaves: boolean;
}

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
