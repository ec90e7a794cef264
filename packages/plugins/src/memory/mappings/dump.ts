import {
  type DumpContext,
  definePlugin,
  type FileIdentity,
  type Mapping,
  type OpenFile,
  type Plugin,
  type SeizedTask,
} from "@restage/core";
import { vmaStatus } from "@restage/images";
import { MAJOR, MAP, O, PROT, S_IF } from "@restage/linux/abi";
import { ownNamespace } from "../../namespaces/own-namespaces.ts";
import { ANONYMOUS_HUGE_LINK, isMemfd } from "../memfd/format.ts";
import { readMappings } from "./read-mappings.ts";

const { VMA_AREA_REGULAR, VMA_AREA_VSYSCALL, VMA_AREA_VDSO, VMA_AREA_VVAR, VMA_AREA_HEAP } = vmaStatus;
const { VMA_FILE_PRIVATE, VMA_FILE_SHARED, VMA_ANON_PRIVATE } = vmaStatus;

/** The number of /dev/zero. Source: Documentation/admin-guide/devices.txt. */
const ZERO = (BigInt(MAJOR.MEM) << 8n) | 5n;

/** Mappings that the kernel names. */
const SPECIAL: Readonly<Record<string, number>> = {
  "[vsyscall]": VMA_AREA_VSYSCALL | VMA_ANON_PRIVATE,
  "[vdso]": VMA_AREA_REGULAR | VMA_AREA_VDSO | VMA_ANON_PRIVATE,
  "[vvar]": VMA_AREA_REGULAR | VMA_AREA_VVAR | VMA_ANON_PRIVATE,
  "[heap]": VMA_AREA_REGULAR | VMA_AREA_HEAP | VMA_ANON_PRIVATE,
};

/** The mappings of every task. */
export function mappings(): Plugin {
  return definePlugin({
    name: "mappings",
    duty: "mappings",
    phases: {
      inspect: "finds the mappings of every task; refuses uprobes, and mappings of devices",
    },
    dump({ phases }) {
      phases.inspect.task.tap("mappings", (task, context) => {
        task.mappings = joinVvar(readMappings(context.host, task.hostPid));
        const known: MappedFiles = new Map();
        for (const mapping of task.mappings) describe(mapping, task, known, context);
      });
    },
  });
}

/** Whether it is private memory without a file that anybody else could have. */
function isAnonymous({ device, inode, name, permissions, flags }: Mapping): boolean {
  if (flags.has("ht")) return permissions.endsWith("p") && name === ANONYMOUS_HUGE_LINK;
  return device === "00:00" && inode === 0n && !name.startsWith("/");
}

/** From Linux 6.13 on, vvar has two parts. Images have one mapping for both. */
function joinVvar(mappings: readonly Mapping[]): readonly Mapping[] {
  const joined: Mapping[] = [];
  for (const mapping of mappings) {
    const last = joined.at(-1);
    if (mapping.name !== "[vvar_vclock]" || last?.name !== "[vvar]" || last.end !== mapping.start) joined.push(mapping);
    else joined[joined.length - 1] = { ...last, end: mapping.end, entry: { ...last.entry, end: mapping.end } };
  }
  return joined;
}

/** Files that a task maps, by inode, path, and how they were opened: most are mapped several times, in parts. */
type MappedFiles = Map<string, OpenFile>;

function describe(mapping: Mapping, task: SeizedTask, known: MappedFiles, context: DumpContext): void {
  const { entry, name } = mapping;
  const refuse = (why: string) => {
    const range = `${mapping.start.toString(16)}-${mapping.end.toString(16)}`;
    context.findings.refuse({ what: `mapping ${range} ${name}`.trimEnd(), why, pid: task.pid });
  };
  const special = SPECIAL[name];
  if (special !== undefined) {
    entry.status = special;
    if (name !== "[heap]" || mapping.inode === 0n) {
      entry.flags = (entry.flags ?? 0) | MAP.ANONYMOUS;
      entry.pgoff = 0n;
    }
    return;
  }
  if (name === "[uprobes]") {
    refuse("it belongs to uprobes, which are not saved");
    return;
  }
  if (isAnonymous(mapping)) {
    entry.flags = (entry.flags ?? 0) | MAP.ANONYMOUS;
    entry.status = VMA_AREA_REGULAR | VMA_ANON_PRIVATE;
    entry.pgoff = 0n;
    return;
  }
  if (name.startsWith("/[aio]")) entry.status = vmaStatus.VMA_AREA_AIORING;
  else if (name.startsWith("socket:")) entry.status = VMA_AREA_REGULAR | vmaStatus.VMA_AREA_SOCKET;
  else if (name.startsWith("/SYSV")) describeSegment(mapping, context, refuse);
  else describeFile(mapping, task, known, context, refuse);
}

/** Describes System V shared memory. Its id is the inode number. */
function describeSegment({ entry, inode }: Mapping, context: DumpContext, refuse: (why: string) => void): void {
  if (ownNamespace(context, "ipc") === undefined && ownNamespace(context, "user") !== undefined)
    refuse("it is System V shared memory of the host, and the tree is in a user namespace");
  entry.flags = (entry.flags ?? 0) | MAP.ANONYMOUS;
  entry.status = VMA_AREA_REGULAR | vmaStatus.VMA_AREA_SYSVIPC | vmaStatus.VMA_ANON_SHARED;
  entry.shmid = inode;
  entry.fdflags = ((entry.prot ?? 0) & PROT.WRITE) === 0 ? O.RDONLY : O.RDWR;
}

function describeFile(
  mapping: Mapping,
  task: SeizedTask,
  known: MappedFiles,
  context: DumpContext,
  refuse: (why: string) => void,
): void {
  const { entry, start, end, device, inode, name } = mapping;
  const proc = `${task.proc}/map_files/${start.toString(16)}-${end.toString(16)}`;
  const isShared = ((entry.flags ?? 0) & MAP.SHARED) !== 0;
  const flags = openFlags(context, proc);
  entry.fdflags = flags;
  entry.status = VMA_AREA_REGULAR | (isShared ? VMA_FILE_SHARED : VMA_FILE_PRIVATE);
  const key = `${device} ${inode} ${flags} ${name}`;
  const file =
    known.get(key) ?? context.files.addPath(task, proc, flags, identityOfMapped(mapping, task, proc, context));
  known.set(key, file);
  entry.shmid = BigInt(file.id);
  if (isMemfd(file)) entry.status |= vmaStatus.VMA_AREA_MEMFD;
  else if ((file.stat.mode & S_IF.MT) !== S_IF.REG && !(isZero(file) && !isShared))
    refuse("it maps a file that is not regular, which is not saved yet");
}

/** Whether a file is /dev/zero: a private mapping of it is anonymous memory that shows a path. */
function isZero({ stat }: OpenFile): boolean {
  return (stat.mode & S_IF.MT) === S_IF.CHR && stat.rdev === ZERO;
}

/** Following the link requires CAP_CHECKPOINT_RESTORE (proc(5)). Without it, the file at the path must be the one that is mapped. */
function identityOfMapped(
  { name, inode }: Mapping,
  task: SeizedTask,
  link: string,
  { files, host }: DumpContext,
): FileIdentity {
  try {
    return files.identityOf(link);
  } catch (error) {
    const found = host.inode(`${task.proc}/root${name}`);
    if (found?.ino !== inode) throw error;
    return found;
  }
}

/** How the file was opened: the permissions of the link tell. */
function openFlags({ host }: DumpContext, link: string): number {
  const mode = (host.inode(link, false)?.mode ?? 0) & 0o600;
  return mode === 0o600 ? O.RDWR : mode === 0o200 ? O.WRONLY : O.RDONLY;
}
