import type { FileEntry, InputOf } from "@restage/images";

/** An image entry that several plugins fill in; encoding it fails when a field that it needs is still missing. */
export type Draft<Value> = { -readonly [K in keyof Value as K extends string ? K : never]?: InputOf<Value[K]> };

/** What stands in files.img of an open file, but for its number. */
export type FileDescription = Omit<InputOf<FileEntry>, "id">;
