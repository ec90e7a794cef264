/**
 * The core image of a thread: its registers and other properties, and those of its process.
 *
 * @module
 */
import {
  bool,
  embedded,
  enumeration,
  int32,
  repeated,
  required,
  sint32,
  string,
  uint32,
  uint64,
} from "../schema/field.ts";
import type { Message, Unknowns } from "../schema/message.ts";
import { message } from "../schema/message.ts";
import type { ThreadInfoAarch64, ThreadInfoArm } from "./core-arm.ts";
import { threadInfoAarch64, threadInfoArm } from "./core-arm.ts";
import type { ThreadInfoLoongarch64 } from "./core-loongarch64.ts";
import { threadInfoLoongarch64 } from "./core-loongarch64.ts";
import type { ThreadInfoMips } from "./core-mips.ts";
import { threadInfoMips } from "./core-mips.ts";
import type { ThreadInfoPpc64 } from "./core-ppc64.ts";
import { threadInfoPpc64 } from "./core-ppc64.ts";
import type { ThreadInfoRiscv64 } from "./core-riscv64.ts";
import { threadInfoRiscv64 } from "./core-riscv64.ts";
import type { ThreadInfoS390 } from "./core-s390.ts";
import { threadInfoS390 } from "./core-s390.ts";
import type { ThreadInfoX86 } from "./core-x86.ts";
import { threadInfoX86 } from "./core-x86.ts";
import type { CredsEntry, RlimitEntry, RseqEntry } from "./process.ts";
import { credsEntry, rlimitEntry, rseqEntry } from "./process.ts";
import type { SaEntry, SignalQueueEntry } from "./signal.ts";
import { saEntry, signalQueueEntry } from "./signal.ts";
import type { TaskTimersEntry } from "./time.ts";
import { taskTimersEntry } from "./time.ts";

/** Values of `seccomp_mode`. */
export const seccompMode = {
  disabled: 0,
  strict: 1,
  filter: 2,
} as const;

/** Values of `core_entry.mtype`: the architecture, which determines the member that holds the registers. */
export const march = {
  UNKNOWN: 0,
  X86_64: 1,
  ARM: 2,
  AARCH64: 3,
  PPC64: 4,
  S390: 5,
  MIPS: 6,
  LOONGARCH64: 7,
  RISCV64: 8,
} as const;

/** Resource limits, indexed by `RLIMIT_*`. (CRIU: images/core.proto) */
export interface TaskRlimitsEntry extends Unknowns {
  readonly rlimits: readonly RlimitEntry[];
}

/** The message type of {@link TaskRlimitsEntry}. */
export const taskRlimitsEntry: Message<TaskRlimitsEntry> = message("task_rlimits_entry", () => ({
  rlimits: embedded(1, rlimitEntry, repeated),
}));

/** Properties of a process as a whole. (CRIU: images/core.proto) */
export interface TaskCoreEntry extends Unknowns {
  /** 1 alive, 2 dead (zombie), 3 stopped. */
  readonly task_state: number;
  /** The status that `wait` reports. */
  readonly exit_code: number;
  readonly personality: number;
  readonly flags: number;
  readonly blk_sigset: bigint;
  readonly comm: string;
  readonly timers?: TaskTimersEntry;
  readonly rlimits?: TaskRlimitsEntry;
  /** `cg_set_entry.id`. */
  readonly cg_set?: number;
  /** Pending for the process. */
  readonly signals_s?: SignalQueueEntry;
  readonly old_seccomp_mode?: number;
  readonly old_seccomp_filter?: number;
  readonly loginuid?: number;
  readonly oom_score_adj?: number;
  readonly sigactions: readonly SaEntry[];
  readonly child_subreaper?: boolean;
  readonly blk_sigset_extended?: bigint;
  readonly stop_signo?: number;
  readonly membarrier_registration_mask?: number;
}

/** The message type of {@link TaskCoreEntry}. */
export const taskCoreEntry: Message<TaskCoreEntry> = message("task_core_entry", () => ({
  task_state: uint32(1, required),
  exit_code: uint32(2, required),
  personality: uint32(3, required),
  flags: uint32(4, required),
  blk_sigset: uint64(5, required),
  comm: string(6, required),
  timers: embedded(7, taskTimersEntry),
  rlimits: embedded(8, taskRlimitsEntry),
  cg_set: uint32(9),
  signals_s: embedded(10, signalQueueEntry),
  old_seccomp_mode: enumeration(11),
  old_seccomp_filter: uint32(12),
  loginuid: uint32(13),
  oom_score_adj: int32(14),
  sigactions: embedded(15, saEntry, repeated),
  child_subreaper: bool(18),
  blk_sigset_extended: uint64(20),
  stop_signo: uint32(21),
  membarrier_registration_mask: uint32(22),
}));

/** Ids of the kernel objects that a process uses. Equal ids mean a shared object. (CRIU: images/core.proto) */
export interface TaskKobjIdsEntry extends Unknowns {
  readonly vm_id: number;
  /** Number of the fdinfo image. */
  readonly files_id: number;
  readonly fs_id: number;
  readonly sighand_id: number;
  readonly pid_ns_id?: number;
  readonly net_ns_id?: number;
  readonly ipc_ns_id?: number;
  readonly uts_ns_id?: number;
  readonly mnt_ns_id?: number;
  readonly user_ns_id?: number;
  readonly cgroup_ns_id?: number;
  readonly time_ns_id?: number;
}

/** The message type of {@link TaskKobjIdsEntry}. */
export const taskKobjIdsEntry: Message<TaskKobjIdsEntry> = message("task_kobj_ids_entry", () => ({
  vm_id: uint32(1, required),
  files_id: uint32(2, required),
  fs_id: uint32(3, required),
  sighand_id: uint32(4, required),
  pid_ns_id: uint32(5),
  net_ns_id: uint32(6),
  ipc_ns_id: uint32(7),
  uts_ns_id: uint32(8),
  mnt_ns_id: uint32(9),
  user_ns_id: uint32(10),
  cgroup_ns_id: uint32(11),
  time_ns_id: uint32(12),
}));

/** Alternate signal stack. (CRIU: images/core.proto) */
export interface ThreadSasEntry extends Unknowns {
  readonly ss_sp: bigint;
  readonly ss_size: bigint;
  readonly ss_flags: number;
}

/** The message type of {@link ThreadSasEntry}. */
export const threadSasEntry: Message<ThreadSasEntry> = message("thread_sas_entry", () => ({
  ss_sp: uint64(1, required),
  ss_size: uint64(2, required),
  ss_flags: uint32(3, required),
}));

/** Properties of a thread on every architecture. (CRIU: images/core.proto) */
export interface ThreadCoreEntry extends Unknowns {
  readonly futex_rla: bigint;
  readonly futex_rla_len: number;
  readonly sched_nice?: number;
  readonly sched_policy?: number;
  readonly sched_prio?: number;
  /** Blocked signals: bit 0 is signal 1. */
  readonly blk_sigset?: bigint;
  readonly sas?: ThreadSasEntry;
  readonly pdeath_sig?: number;
  /** Pending for the thread. */
  readonly signals_p?: SignalQueueEntry;
  readonly creds?: CredsEntry;
  readonly seccomp_mode?: number;
  /** Index in the seccomp image. */
  readonly seccomp_filter?: number;
  readonly comm?: string;
  readonly blk_sigset_extended?: bigint;
  readonly rseq_entry?: RseqEntry;
  /** `cg_set_entry.id`. */
  readonly cg_set?: number;
}

/** The message type of {@link ThreadCoreEntry}. */
export const threadCoreEntry: Message<ThreadCoreEntry> = message("thread_core_entry", () => ({
  futex_rla: uint64(1, required),
  futex_rla_len: uint32(2, required),
  sched_nice: sint32(3),
  sched_policy: uint32(4),
  sched_prio: uint32(5),
  blk_sigset: uint64(6),
  sas: embedded(7, threadSasEntry),
  pdeath_sig: uint32(8),
  signals_p: embedded(9, signalQueueEntry),
  creds: embedded(10, credsEntry),
  seccomp_mode: enumeration(11),
  seccomp_filter: uint32(12),
  comm: string(13),
  blk_sigset_extended: uint64(14),
  rseq_entry: embedded(15, rseqEntry),
  cg_set: uint32(16),
}));

/** A thread and, for the leader, its process. A zombie has only `tc`. (CRIU: images/core.proto) */
export interface CoreEntry extends Unknowns {
  /** One of {@link march}. */
  readonly mtype: number;
  readonly thread_info?: ThreadInfoX86;
  readonly tc?: TaskCoreEntry;
  readonly ids?: TaskKobjIdsEntry;
  readonly thread_core?: ThreadCoreEntry;
  readonly ti_arm?: ThreadInfoArm;
  readonly ti_aarch64?: ThreadInfoAarch64;
  readonly ti_ppc64?: ThreadInfoPpc64;
  readonly ti_s390?: ThreadInfoS390;
  readonly ti_mips?: ThreadInfoMips;
  readonly ti_loongarch64?: ThreadInfoLoongarch64;
  readonly ti_riscv64?: ThreadInfoRiscv64;
}

/** The message type of {@link CoreEntry}. */
export const coreEntry: Message<CoreEntry> = message("core_entry", () => ({
  mtype: enumeration(1, required),
  thread_info: embedded(2, threadInfoX86),
  tc: embedded(3, taskCoreEntry),
  ids: embedded(4, taskKobjIdsEntry),
  thread_core: embedded(5, threadCoreEntry),
  ti_arm: embedded(6, threadInfoArm),
  ti_aarch64: embedded(8, threadInfoAarch64),
  ti_ppc64: embedded(9, threadInfoPpc64),
  ti_s390: embedded(10, threadInfoS390),
  ti_mips: embedded(11, threadInfoMips),
  ti_loongarch64: embedded(12, threadInfoLoongarch64),
  ti_riscv64: embedded(13, threadInfoRiscv64),
}));
