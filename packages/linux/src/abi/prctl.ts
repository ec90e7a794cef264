/** Operations of prctl(2). Source: include/uapi/linux/prctl.h. */
export const PR = {
  SET_PDEATHSIG: 1,
  GET_PDEATHSIG: 2,
  GET_DUMPABLE: 3,
  SET_DUMPABLE: 4,
  SET_NAME: 15,
  SET_SECCOMP: 22,
  CAPBSET_DROP: 24,
  GET_SECUREBITS: 27,
  SET_SECUREBITS: 28,
  SET_MM: 35,
  SET_CHILD_SUBREAPER: 36,
  GET_CHILD_SUBREAPER: 37,
  SET_NO_NEW_PRIVS: 38,
  GET_TID_ADDRESS: 40,
  SET_THP_DISABLE: 41,
  GET_THP_DISABLE: 42,
  CAP_AMBIENT: 47,
  TIMER_CREATE_RESTORE_IDS: 77,
} as const;

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
