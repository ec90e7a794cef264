import { asRestoreError, type ImageSet, type Task } from "@restage/core";
import { guard, kindOf, readImages } from "@restage/core/restore";
import {
  type CoreEntry,
  decodeText,
  fdTypes,
  fileSystems,
  type MntEntry,
  type PstreeEntry,
  readPageBytes,
} from "@restage/images";
import { taskName } from "@restage/linux/abi";
import { describeFile } from "./describe-file.ts";
import { type Attempt, type MappingSummary, mappingsOf } from "./mappings.ts";

/** A summary of a checkpoint. */
export interface Summary {
  readonly tasks: readonly TaskSummary[];
  /** The mounts of each mount namespace that is saved. */
  readonly mounts: readonly { readonly namespace: number; readonly mounts: readonly MountSummary[] }[];
  /** Every image, with its size in bytes. */
  readonly images: readonly { readonly name: string; readonly bytes: number }[];
  /** What could not be read. */
  readonly damaged: readonly { readonly image: string | undefined; readonly problem: string }[];
}

export interface TaskSummary {
  readonly pid: number;
  readonly name: string | undefined;
  /** Undefined if its core image is damaged. */
  readonly kind: Task["kind"] | undefined;
  readonly parent: number | undefined;
  readonly session: number;
  readonly group: number;
  readonly threads: readonly { readonly tid: number; readonly name: string | undefined }[];
  readonly files: readonly FileSummary[];
  readonly memory: readonly MappingSummary[];
  /** The environment, read from the memory where the kernel put it; undefined if the images do not have that memory. */
  readonly environment: readonly string[] | undefined;
}

export interface MountSummary {
  readonly path: string;
  readonly type: string;
  readonly source: string;
  /** The directory of the file system that is mounted. */
  readonly root: string;
  readonly options: string;
  /** Whether a restore takes it from outside the tree. */
  readonly external: boolean;
}

interface FileSummary {
  readonly fd: number;
  /** The same for all descriptors of one open file. */
  readonly id: number;
  /** CRIU's name of its type. */
  readonly type: string;
  readonly name: string;
}

/** Summarizes a checkpoint as far as its images can be read. */
export function summarize(checkpoint: ImageSet): Summary {
  const { source } = checkpoint;
  const damaged = new Map(readImages(source).failures.map(({ message, entry }) => [message, entry]));
  const attempt: Attempt = (read, otherwise) => {
    try {
      return read();
    } catch (error) {
      const { code, message, entry } = asRestoreError(error, {});
      if (code !== "ERR_IMAGE") throw error;
      damaged.set(message, entry);
      return otherwise;
    }
  };
  const entries = attempt(() => checkpoint.values("pstree"), []);
  const tasks = entries.map((entry) => summarizeTask(checkpoint, entry, attempt));
  return {
    tasks,
    mounts: mountsOf(checkpoint, entries, attempt),
    images: source
      .list()
      .map((name) => ({ name, bytes: attempt(() => guard(() => source.size(name)), undefined) ?? 0 })),
    damaged: [...damaged].map(([problem, entry]) => ({ image: entry?.split(":", 1)[0], problem })),
  };
}

function summarizeTask(checkpoint: ImageSet, entry: PstreeEntry, attempt: Attempt): TaskSummary {
  const { pid, ppid } = entry;
  const core = attempt(() => checkpoint.value("core", pid), undefined);
  const isZombie = core !== undefined && attempt(() => kindOf(core, pid), undefined) === "zombie";
  const coreOf = (tid: number) => (tid === pid ? core : attempt(() => checkpoint.value("core", tid), undefined));
  return {
    pid,
    name: core?.tc?.comm,
    kind: core === undefined ? undefined : attempt(() => kindOf(core, pid), undefined),
    parent: ppid === 0 ? undefined : ppid,
    session: entry.sid,
    group: entry.pgid,
    threads: isZombie ? [] : entry.threads.map((tid) => ({ tid, name: coreOf(tid)?.thread_core?.comm })),
    files: isZombie ? [] : attempt(() => filesOf(checkpoint, pid, core, attempt), []),
    memory: isZombie ? [] : attempt(() => mappingsOf(checkpoint, pid, attempt), []),
    environment: isZombie ? undefined : attempt(() => environmentOf(checkpoint, pid), undefined),
  };
}

function filesOf(
  checkpoint: ImageSet,
  pid: number,
  core: CoreEntry | undefined,
  attempt: Attempt,
): readonly FileSummary[] {
  const { files_id } = core?.ids ?? checkpoint.value("ids", pid);
  return checkpoint.values("fdinfo", files_id).map(({ fd, id, type }) => {
    const file = attempt(() => checkpoint.file(id, `descriptor ${fd} of ${taskName(pid, core?.tc?.comm)}`), undefined);
    const [name = String(type)] = Object.entries(fdTypes).find(([, number]) => number === (file?.type ?? type)) ?? [];
    return { fd, id, type: name, name: file === undefined ? "?" : describeFile(file) };
  });
}

function environmentOf(checkpoint: ImageSet, pid: number): readonly string[] | undefined {
  const { mm_env_start: start, mm_env_end: end } = checkpoint.value("mm", pid);
  const runs = checkpoint.pagemap("pagemap", pid)?.runs ?? [];
  const bytes = guard(() => readPageBytes(runs, start, Number(end - start)));
  return bytes === undefined
    ? undefined
    : decodeText(bytes)
        .split("\0")
        .filter((variable) => variable !== "");
}

function mountsOf(checkpoint: ImageSet, tasks: readonly PstreeEntry[], attempt: Attempt): Summary["mounts"] {
  const namespaces = tasks.flatMap(({ pid }) => {
    const core = attempt(() => checkpoint.optional("core", pid), undefined);
    return attempt(() => core?.ids ?? checkpoint.optional("ids", pid), undefined)?.mnt_ns_id ?? [];
  });
  return [...new Set(namespaces)].flatMap((namespace) => {
    const mounts = attempt(() => checkpoint.values("mnts", namespace), []);
    return mounts.length === 0 ? [] : { namespace, mounts: mounts.map(summarizeMount) };
  });
}

function summarizeMount({ mountpoint, fstype, fsname, source, root, options, ext_key }: MntEntry): MountSummary {
  const type = fsname ?? fileSystems[fstype] ?? "other";
  return { path: mountpoint, type, source, root, options, external: ext_key !== undefined };
}
