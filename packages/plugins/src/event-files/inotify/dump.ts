import { type DumpContext, data, definePlugin, type Host, type OpenFile, type Plugin } from "@restage/core";
import { fdTypes } from "@restage/images";
import { AT_FDCWD, FIONREAD, O } from "@restage/linux/abi";
import { ownerOf } from "../../files/file-owner/dump.ts";
import { room } from "../../room.ts";

/** A line of /proc/PID/fdinfo for each watch, all numbers hexadecimal. Source: proc_pid_fdinfo(5). */
const WATCH =
  /^inotify wd:(\w+) ino:(\w+) sdev:(\w+) mask:(\w+) ignored_mask:(\w+) +fhandle-bytes:(\w+) fhandle-type:(\w+) f_handle:(\w*)/gm;

/** Words that CRIU gives to a handle at least. */
const HANDLE_WORDS = 16;
/** What the kernel puts behind a name that is gone. */
const DELETED = " (deleted)";

/**
 * Inotify instances and their watches. What is watched is found by its file handle; its path stands in the image. Requires CAP_DAC_READ_SEARCH.
 */
export function inotifies(): Plugin {
  return definePlugin({
    name: "inotifies",
    duty: "inotifies",
    dump({ describeFile }) {
      describeFile.tap("inotifies", (file, context) => {
        if (file.link !== "anon_inode:inotify") return undefined;
        warnOfEvents(file, context);
        const { id, flags } = file;
        const wd = [...file.info.matchAll(WATCH)].map((match) => watchOf(match, file, context));
        return { type: fdTypes.INOTIFY, ify: { id, flags, fown: ownerOf(file, context), wd } };
      });
    },
  });
}

function warnOfEvents({ descriptor, link, task }: OpenFile, { host, findings }: DumpContext): void {
  const bytes = room(4);
  if (descriptor === undefined || host.attempt("ioctl", descriptor, FIONREAD, bytes.data) < 0) return;
  if (bytes.view.getInt32(0, true) === 0) return;
  findings.warn({ what: link, why: "events that nobody has read have no place in images", pid: task.pid });
}

function watchOf(match: RegExpMatchArray, file: OpenFile, context: DumpContext) {
  const hex = (index: number) => Number.parseInt(match[index] ?? "0", 16);
  const handle = fromHex(match[8] ?? "");
  const device = hex(3);
  const path = pathOfHandle(context, device, hex(7), handle);
  if (path === undefined) {
    const why = `what watch ${hex(1)} is about (inode ${hex(2)}) is not found by its file handle`;
    const hint = "it takes CAP_DAC_READ_SEARCH, and a file system with file handles";
    context.findings.refuse({ what: file.link, why, hint, pid: file.task.pid });
  }
  const words = new BigUint64Array(HANDLE_WORDS);
  new Uint8Array(words.buffer).set(handle.subarray(0, 8 * HANDLE_WORDS));
  return {
    id: file.id,
    i_ino: BigInt(`0x${match[2]}`),
    mask: hex(4),
    ignored_mask: hex(5),
    s_dev: device,
    wd: hex(1),
    f_handle: { bytes: hex(6), type: hex(7), handle: [...words], path: path ?? "" },
  };
}

/** A path that leads to a file, by the mounts of its file system. */
function pathOfHandle({ host }: DumpContext, device: number, type: number, handle: Uint8Array): string | undefined {
  // struct file_handle: size, type, bytes.
  const bytes = new Uint8Array(8 + handle.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, handle.length, true);
  view.setInt32(4, type, true);
  bytes.set(handle, 8);
  for (const mountpoint of mountpointsOf(host, device)) {
    const mount = host.attempt("openat", AT_FDCWD, mountpoint, O.RDONLY | O.NONBLOCK | O.CLOEXEC, 0);
    if (mount < 0) continue;
    const found = host.attempt("open_by_handle_at", mount, data(bytes), O.PATH | O.CLOEXEC);
    host.call.close(mount);
    if (found < 0) continue;
    const path = host.readLink(`/proc/self/fd/${found}`) ?? DELETED;
    host.call.close(found);
    if (!path.endsWith(DELETED)) return path;
  }
  return undefined;
}

/** @param device as the kernel counts: 20 bits of the minor number. */
function mountpointsOf(host: Host, device: number): readonly string[] {
  const name = `${device >>> 20}:${device & 0xfffff}`;
  return (host.readText("/proc/self/mountinfo", "utf8") ?? "")
    .split("\n")
    .map((line) => line.split(" "))
    .filter(([, , number]) => number === name)
    .map(([, , , , mountpoint = "/"]) =>
      mountpoint.replace(/\\(\d{3})/g, (_, code) => String.fromCharCode(Number.parseInt(code, 8))),
    );
}

function fromHex(text: string): Uint8Array {
  return Uint8Array.from({ length: text.length / 2 }, (_, index) =>
    Number.parseInt(text.slice(2 * index, 2 * index + 2), 16),
  );
}
