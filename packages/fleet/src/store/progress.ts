/** How far a push or a pull is, in bytes of images. */
export interface Progress {
  readonly done: number;
  readonly total: number;
}
