/** The progress of a push or a pull, in bytes of images. */
export interface Progress {
  readonly done: number;
  readonly total: number;
}
