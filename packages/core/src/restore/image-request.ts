/** The argument of `imageSource` taps: the location of the images, as the user wrote it. */
export interface ImageRequest {
  readonly location: string;
}
