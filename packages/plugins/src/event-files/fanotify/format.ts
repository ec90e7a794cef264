import { type FileHandle, printedHandle } from "../file-handle.ts";

/** The events that a mark reports and ignores. */
interface MarkMasks {
  /** FAN_MARK_*. */
  readonly flags: number;
  readonly mask: number;
  readonly ignored: number;
}

/** A mark of a fanotify instance, as /proc shows it. */
export type Mark = MarkMasks &
  (
    | { readonly kind: "inode"; readonly inode: bigint; readonly device: number; readonly handle: FileHandle }
    | { readonly kind: "mount"; readonly mountId: number }
    /** Of a whole file system or a mount namespace. */
    | { readonly kind: "other" }
  );

/** The flags of fanotify_init(2), and those of the descriptors in its events. */
export interface Instance {
  readonly flags: number;
  readonly eventFlags: number;
  readonly marks: readonly Mark[];
}

const INSTANCE = /^fanotify flags:(\w+) event-flags:(\w+)/m;

/** A line of /proc/PID/fdinfo for each mark, all numbers hexadecimal. Source: proc_pid_fdinfo(5). */
const MARK =
  /^fanotify (?:ino:(\w+) )?(?:mnt_id:(\w+) )?(?:sdev:\w+ |mnt_ns:\w+ )?mflags:(\w+) mask:(\w+) ignored_mask:(\w+)/;
const HANDLE = /sdev:(\w+) .*fhandle-type:(\w+) f_handle:(\w*)/;

/** @param info /proc/PID/fdinfo/FD of the instance. */
export function parseInstance(info: string): Instance {
  const [, flags, eventFlags] = (INSTANCE.exec(info) ?? []).map(hexadecimal);
  const marks = info.split("\n").flatMap((line) => parseMark(line) ?? []);
  return { flags: flags ?? 0, eventFlags: eventFlags ?? 0, marks };
}

function parseMark(line: string): Mark | undefined {
  const found = MARK.exec(line);
  if (found === null) return undefined;
  const [, inode, mountId, flags, mask, ignored] = found;
  const masks = { flags: hexadecimal(flags), mask: hexadecimal(mask), ignored: hexadecimal(ignored) };
  if (mountId !== undefined) return { ...masks, kind: "mount", mountId: hexadecimal(mountId) };
  const [, device, type = "", bytes = ""] = HANDLE.exec(line) ?? [];
  if (inode === undefined || device === undefined) return { ...masks, kind: "other" };
  const handle = printedHandle(type, bytes);
  return { ...masks, kind: "inode", inode: BigInt(`0x${inode}`), device: hexadecimal(device), handle };
}

function hexadecimal(digits = ""): number {
  return Number.parseInt(digits, 16);
}
