/**
 * Reads and writes the images of CRIU checkpoints: bytes to typed entries and back. Fields have CRIU's names.
 *
 * ```ts
 * const source = openImageDirectory("./checkpoint");
 * for (const { value } of readEntries(source, "pstree")) console.log(value.pid, value.threads);
 * ```
 *
 * Decoding accepts the layouts V1.1 and V1. It keeps fields that a newer CRIU added, and lists them in the `unknown` of an image.
 * Nothing here needs privileges or Linux, and only `openImageDirectory` touches files.
 *
 * @module
 */
export { decodeEntries, decodeImage, decodeSingleEntry } from "./decode-image.ts";
export {
  DIGESTS_FILE,
  type Digest,
  digestOf,
  digestOfFile,
  loadDigests,
  parseDigests,
  printDigests,
  type StartDigest,
} from "./digests.ts";
export { encodeDrafts, encodeEntries, encodeImage } from "./encode-image.ts";
export type { BpfmapDataExtra, TcpStreamExtra } from "./extra/byte-run.ts";
export type { GhostChunk, GhostFileExtra } from "./extra/ghost-file.ts";
export type { IpcQueuedMessage, IpcSemExtra } from "./extra/ipc.ts";
export type { ExtraRule } from "./extra/rule.ts";
export type { ImageFileName } from "./file-name.ts";
export { imageFileName, imageKindOf, parseImageFileName } from "./file-name.ts";
export { fileSystems } from "./file-systems.ts";
export type { FileTypeFacts } from "./file-type.ts";
export { FileType } from "./file-type.ts";
export type { FileImageKinds, FileMemberKinds, FileMembers, FileTypeNumbers } from "./file-types.ts";
export { fileMemberKinds } from "./file-types.ts";
export type { Entry, EntryDraft, EntryImage, EntryToEncode, Image, RawImage } from "./image.ts";
export { MAX_MESSAGE_SIZE } from "./image-cursor.ts";
export { MAX_FILE_SIZE, openImageDirectory, PARENT_LINK } from "./image-directory.ts";
export type { ImageErrorCode, ImageErrorPlace } from "./image-error.ts";
export { ImageError } from "./image-error.ts";
export type { ImageHeader, ImageKind } from "./image-kind.ts";
export type {
  EntryExtra,
  EntryInput,
  EntryKindName,
  EntryValue,
  ImageKindName,
  ImageKinds,
  RawKindName,
} from "./image-kinds.ts";
export { imageKinds } from "./image-kinds.ts";
export type { ImageSource } from "./image-source.ts";
export { readEntries, readImage, readInventory, readSingleEntry } from "./image-source.ts";
export { ipcNextIds, ipcSysctls } from "./ipc-sysctls.ts";
export type { Json, JsonOptions } from "./json.ts";
export { decodeToJson, imageToJson } from "./json.ts";
export * from "./magic.ts";
export * from "./messages/mod.ts";
export { netSysctls } from "./net-sysctls.ts";
export type { DumpKind } from "./network-dumps.ts";
export { dumpMagic } from "./network-dumps.ts";
export { readPageBytes } from "./page-bytes.ts";
export type { Pagemap, PagemapOptions, PageRun } from "./page-runs.ts";
export { MAX_PARENTS, readPagemap } from "./page-runs.ts";
export * from "./page-server.ts";
export type { FoundText } from "./page-texts.ts";
export { bytesOfContent, findTexts, windowsOf, withoutOverlaps } from "./page-texts.ts";
export type { UnknownFieldReport } from "./schema/decode.ts";
export { decodeMessage, MAX_NESTING } from "./schema/decode.ts";
export { encodeMessage } from "./schema/encode.ts";
export * from "./schema/field.ts";
export type {
  CompiledField,
  Draft,
  Fields,
  FieldsOf,
  InputOf,
  MessageInput,
  MessageTables,
  MessageType,
  UnknownField,
  Unknowns,
} from "./schema/message.ts";
export { Message, message, unknownFields } from "./schema/message.ts";
export { decodeText, encodeText } from "./text.ts";
