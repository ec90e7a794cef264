/** Operations of prctl(2). Source: include/uapi/linux/prctl.h. */
export const PR = {
  SET_PDEATHSIG: 1,
  GET_PDEATHSIG: 2,
  GET_DUMPABLE: 3,
  SET_DUMPABLE: 4,
  SET_NAME: 15,
  GET_TSC: 25,
  SET_TSC: 26,
  SET_SECCOMP: 22,
  CAPBSET_DROP: 24,
  GET_SECUREBITS: 27,
  SET_SECUREBITS: 28,
  SET_TIMERSLACK: 29,
  GET_TIMERSLACK: 30,
  MCE_KILL: 33,
  MCE_KILL_GET: 34,
  SET_MM: 35,
  SET_CHILD_SUBREAPER: 36,
  GET_CHILD_SUBREAPER: 37,
  SET_NO_NEW_PRIVS: 38,
  GET_TID_ADDRESS: 40,
  SET_THP_DISABLE: 41,
  GET_THP_DISABLE: 42,
  CAP_AMBIENT: 47,
  SET_IO_FLUSHER: 57,
  GET_IO_FLUSHER: 58,
  SET_MDWE: 65,
  GET_MDWE: 66,
  SET_MEMORY_MERGE: 67,
  GET_MEMORY_MERGE: 68,
  TIMER_CREATE_RESTORE_IDS: 77,
} as const;

/** Of PR_MCE_KILL: sets the policy, which is the default until then. */
export const PR_MCE_KILL = { SET: 1, DEFAULT: 2 } as const;
/** Of PR_SET_TSC: the time stamp counter can be read. */
export const PR_TSC_ENABLE = 1;

export const PR_CAP_AMBIENT = { RAISE: 2, CLEAR_ALL: 4 } as const;

/** PR_SET_MM_MAP: struct prctl_mm_map. Source: include/uapi/linux/prctl.h. */
export const PR_SET_MM_MAP = 14;
export const PRCTL_MM_MAP = {
  size: 104,
  /** The u64 fields, in order from offset 0. */
  fields: [
    "start_code",
    "end_code",
    "start_data",
    "end_data",
    "start_brk",
    "brk",
    "start_stack",
    "arg_start",
    "arg_end",
    "env_start",
    "env_end",
  ],
  auxv: 88,
  auxv_size: 96,
  exe_fd: 100,
} as const;
