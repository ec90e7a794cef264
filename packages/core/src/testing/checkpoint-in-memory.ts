import {
  type CoreEntry,
  type EntryValue,
  type FdinfoEntry,
  type FileEntry,
  type FsEntry,
  fdTypes,
  type ImageSource,
  type InventoryEntry,
  imageFileName,
  type MmEntry,
  march,
  type PagemapEntry,
  pageFlags,
  type TaskKobjIdsEntry,
  vmaStatus,
} from "@restage/images";
import { MAP, PAGE_SIZE, PROT } from "@restage/linux/abi";
import { overlay, type PartialEntry } from "./complete-entry.ts";
import { type ImageInMemory, ImagesInMemory, image } from "./images-in-memory.ts";

/** A task of a checkpoint. By default it is alive, with one thread, no memory and no descriptors. */
export interface TaskInvention {
  /** Default: 100 for the root, and the next free number for each further task. */
  readonly pid?: number;
  /** Default: its own pid for the root, its parent's session for others. */
  readonly sid?: number;
  readonly pgid?: number;
  readonly kind?: "alive" | "stopped" | "zombie";
  /** Fields of core-PID.img: `tc` describes the process, `thread_core` its leader. */
  readonly core?: PartialEntry<CoreEntry>;
  /** Threads other than the leader. */
  readonly threads?: readonly ThreadInvention[];
  readonly mm?: PartialEntry<MmEntry>;
  /** The mappings of `mm`; by default private, anonymous, readable and writable. */
  readonly vmas?: readonly PartialEntry<MmEntry["vmas"][number]>[];
  /** Private memory with content, in ascending order. Content outside of `vmas` gets a mapping of its own. */
  readonly memory?: readonly MemoryInvention[];
  readonly fs?: PartialEntry<FsEntry>;
  readonly ids?: PartialEntry<TaskKobjIdsEntry>;
  /** Its descriptor table. Types follow from the files. */
  readonly descriptors?: readonly PartialEntry<FdinfoEntry>[];
  readonly children?: readonly TaskInvention[];
}

/** Content of private memory. The rest of its last page is 0. */
export interface MemoryInvention {
  /** The address of a page. */
  readonly start: bigint;
  readonly content: string | Uint8Array;
}

/** A thread other than the leader. */
export interface ThreadInvention {
  readonly tid: number;
  readonly core?: PartialEntry<CoreEntry>;
}

/** A checkpoint. Give only what the test is about; the rest is filled in. */
export interface CheckpointInvention {
  /** The root task, with its children. */
  readonly task?: TaskInvention;
  /** Entries of files.img. The type follows from the member: `{ id: 3, reg: { name: "/etc/hosts" } }` is a REG. */
  readonly files?: readonly PartialEntry<FileEntry>[];
  readonly inventory?: PartialEntry<InventoryEntry>;
  /** Additional images. One with the name of a generated image replaces it. */
  readonly images?: readonly ImageInMemory[];
}

/** Files that every task has: its working and root directory, and its executable. */
const DIRECTORY_ID = 1_000_001;
const EXECUTABLE_ID = 1_000_002;
const FILES: readonly PartialEntry<FileEntry>[] = [
  { id: DIRECTORY_ID, reg: { name: "/", mode: 0o40755 } },
  { id: EXECUTABLE_ID, reg: { name: "/bin/program", mode: 0o100755 } },
];
const FIRST_PID = 100;
const TASK_STATE = { alive: 1, stopped: 3, zombie: 6 } as const;

/**
 * Makes a checkpoint in memory, for tests.
 *
 * @example
 * ```ts
 * const source = checkpointInMemory({
 *   task: { pid: 7, descriptors: [{ fd: 0, id: 3 }], children: [{ pid: 8, kind: "zombie" }] },
 *   files: [{ id: 3, reg: { name: "/dev/null" } }],
 *   images: [image("timens", [{ monotonic: { tv_sec: 10n } }], 0)],
 * });
 * ```
 */
export function checkpointInMemory({
  task = {},
  files = [],
  inventory,
  images = [],
}: CheckpointInvention): ImageSource {
  const known = new Map([...FILES, ...files].map((file) => [file.id ?? 0, fileEntry(file)]));
  const tasks = placeTasks(task);
  return new ImagesInMemory([
    image("inventory", [overlay({ img_version: 2, fdinfo_per_id: true, ns_per_id: true }, inventory)]),
    image("pstree", tasks.map(pstreeEntry)),
    image("files", [...known.values()]),
    ...tasks.flatMap((placed) => imagesOf(placed, known)),
    ...images,
  ]);
}

/** A task with its place in the tree. */
interface PlacedTask {
  readonly pid: number;
  readonly ppid: number;
  readonly sid: number;
  readonly pgid: number;
  /** Counts from 1. It is the id of everything that the task shares with no other. */
  readonly number: number;
  readonly task: TaskInvention;
}

/** Lists parents before their children. */
function placeTasks(root: TaskInvention): readonly PlacedTask[] {
  const placed: PlacedTask[] = [];
  const taken = new Set(pidsOf(root));
  let next = FIRST_PID;
  const place = (task: TaskInvention, parent: PlacedTask | undefined): void => {
    while (taken.has(next)) next++;
    const pid = task.pid ?? next++;
    const { sid = parent?.sid ?? pid, pgid = parent?.pgid ?? pid } = task;
    const self = { pid, ppid: parent?.pid ?? 0, sid, pgid, number: placed.length + 1, task };
    placed.push(self);
    for (const child of task.children ?? []) place(child, self);
  };
  place(root, undefined);
  return placed;
}

function pidsOf({ pid, threads = [], children = [] }: TaskInvention): readonly number[] {
  const own = threads.map(({ tid }) => tid);
  return [...(pid === undefined ? own : [pid, ...own]), ...children.flatMap(pidsOf)];
}

function pstreeEntry({ pid, ppid, sid, pgid, task }: PlacedTask): EntryValue<"pstree"> {
  const threads = task.kind === "zombie" ? [0] : [pid, ...(task.threads ?? []).map(({ tid }) => tid)];
  return { pid, ppid, sid, pgid, threads };
}

function imagesOf(placed: PlacedTask, files: ReadonlyMap<number, PartialEntry<FileEntry>>): ImageInMemory[] {
  const { pid, number, task } = placed;
  const { kind = "alive", threads = [], descriptors = [], mm, memory = [], fs, ids } = task;
  const tc = { task_state: TASK_STATE[kind], comm: "program" };
  if (kind === "zombie") return [image("core", [overlay({ mtype: march.X86_64, tc }, task.core)], pid)];
  const own = overlay({ vm_id: number, files_id: number, fs_id: number, sighand_id: number }, ids);
  const core = overlay(threadCore({ tc, ids: own }), task.core);
  const table = descriptors.map((descriptor, index) => {
    return overlay({ fd: index, type: files.get(descriptor.id ?? 0)?.type ?? fdTypes.UND }, descriptor);
  });
  const pages = memory.map(pagesOf);
  const vmas = withMappings(task.vmas ?? [], pages);
  return [
    image("core", [core], pid),
    ...threads.map((thread) => image("core", [overlay(threadCore(), thread.core)], thread.tid)),
    image("mm", [overlay({ exe_file_id: EXECUTABLE_ID, vmas: vmas.map(vmaEntry) }, mm)], pid),
    image("fs", [overlay({ cwd_id: DIRECTORY_ID, root_id: DIRECTORY_ID, umask: 0o22 }, fs)], pid),
    image("fdinfo", table, own.files_id),
    image("pagemap", [{ pages_id: number }, ...pages.map(pagemapEntry)], pid),
    { fileName: imageFileName("pages", number), bytes: Buffer.concat(pages.map(({ bytes }) => bytes)) },
  ];
}

/** Whole pages of content. */
interface Pages {
  readonly start: bigint;
  readonly end: bigint;
  readonly bytes: Uint8Array;
}

function pagesOf({ start, content }: MemoryInvention): Pages {
  const given = typeof content === "string" ? new TextEncoder().encode(content) : content;
  const bytes = new Uint8Array(Math.ceil(given.length / PAGE_SIZE) * PAGE_SIZE);
  bytes.set(given);
  return { start, end: start + BigInt(bytes.length), bytes };
}

function pagemapEntry({ start, bytes }: Pages): PartialEntry<PagemapEntry> {
  return { vaddr: start, nr_pages: BigInt(bytes.length / PAGE_SIZE), flags: pageFlags.PE_PRESENT };
}

type VmaInvention = PartialEntry<MmEntry["vmas"][number]>;

function withMappings(vmas: readonly VmaInvention[], pages: readonly Pages[]): readonly VmaInvention[] {
  const isMapped = (page: Pages) => vmas.some(({ start = 0n, end = 0n }) => start <= page.start && page.start < end);
  const own = pages.filter((page) => !isMapped(page)).map(({ start, end }): VmaInvention => ({ start, end }));
  return [...vmas, ...own].sort((a, b) => ((a.start ?? 0n) < (b.start ?? 0n) ? -1 : 1));
}

/** The fields that every thread has. */
function threadCore(more: PartialEntry<CoreEntry> = {}): PartialEntry<CoreEntry> {
  return { mtype: march.X86_64, thread_info: {}, thread_core: {}, ...more };
}

function vmaEntry(vma: PartialEntry<MmEntry["vmas"][number]>): PartialEntry<MmEntry["vmas"][number]> {
  return overlay(
    {
      prot: PROT.READ | PROT.WRITE,
      flags: MAP.PRIVATE | MAP.ANONYMOUS,
      status: vmaStatus.VMA_AREA_REGULAR | vmaStatus.VMA_ANON_PRIVATE,
      fd: -1n,
    },
    vma,
  );
}

/** The type of a file, by the member of its entry. */
const TYPES = {
  reg: fdTypes.REG,
  isk: fdTypes.INETSK,
  nsf: fdTypes.NS,
  psk: fdTypes.PACKETSK,
  nlsk: fdTypes.NETLINKSK,
  efd: fdTypes.EVENTFD,
  epfd: fdTypes.EVENTPOLL,
  sgfd: fdTypes.SIGNALFD,
  tunf: fdTypes.TUNF,
  tfd: fdTypes.TIMERFD,
  ify: fdTypes.INOTIFY,
  ffy: fdTypes.FANOTIFY,
  ext: fdTypes.EXT,
  usk: fdTypes.UNIXSK,
  fifo: fdTypes.FIFO,
  pipe: fdTypes.PIPE,
  tty: fdTypes.TTY,
  memfd: fdTypes.MEMFD,
  bpf: fdTypes.BPFMAP,
  pidfd: fdTypes.PIDFD,
} as const satisfies Record<Exclude<keyof FileEntry, "type" | "id" | symbol>, number>;

/** Completes an entry with its type, and its member with its id. */
function fileEntry(file: PartialEntry<FileEntry>): PartialEntry<FileEntry> {
  for (const [member, type] of Object.entries(TYPES)) {
    const inner = file[member as keyof typeof TYPES];
    if (inner !== undefined) return { type, ...file, [member]: { id: file.id ?? 0, ...inner } };
  }
  return file;
}
