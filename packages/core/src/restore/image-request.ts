/** What `imageSource` taps are asked: where the images are, as the user wrote it. */
export interface ImageRequest {
  readonly location: string;
}
