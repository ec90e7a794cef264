/**
 * Every kind of image, and the types of what each holds.
 *
 * @module
 */
import type { ExtraRule } from "./extra/rule.ts";
import type { FileImageKinds } from "./file-types.ts";
import { fileImageKinds } from "./file-types.ts";
import type { ImageKind } from "./image-kind.ts";
import * as kinds from "./kinds.ts";
import type { InputOf } from "./schema/message.ts";

type ListedKinds = typeof kinds;

/** The type of {@link imageKinds}: for each kind, the types of its entries and of the payload after each. */
export interface ImageKinds extends ListedKinds, FileImageKinds {}

/** Every kind of image that CRIU 4.2 writes or reads, by CRIU's name. */
export const imageKinds: ImageKinds = { ...kinds, ...fileImageKinds };

/** CRIU's name of a kind of image. */
export type ImageKindName = keyof ImageKinds;
/** The decoded message of an entry. */
export type EntryValue<K extends ImageKindName> = ImageKinds[K] extends ImageKind<infer Value, unknown> ? Value : never;
/** The message of an entry to encode. */
export type EntryInput<K extends ImageKindName> = InputOf<EntryValue<K>>;
/** The payload after the message of an entry; `undefined` for none. */
export type EntryExtra<K extends ImageKindName> = ImageKinds[K] extends {
  readonly extra: ExtraRule<never, infer Extra> | undefined;
}
  ? Extra
  : never;
/** Kinds without entries: the whole file is the payload. */
export type RawKindName = { [K in ImageKindName]: [EntryValue<K>] extends [never] ? K : never }[ImageKindName];
/** Kinds with entries. */
export type EntryKindName = Exclude<ImageKindName, RawKindName>;
