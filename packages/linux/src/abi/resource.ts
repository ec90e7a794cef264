/** Resource limits in the order of their numbers. Source: include/uapi/asm-generic/resource.h. */
export const RLIMIT_NAMES = [
  "RLIMIT_CPU",
  "RLIMIT_FSIZE",
  "RLIMIT_DATA",
  "RLIMIT_STACK",
  "RLIMIT_CORE",
  "RLIMIT_RSS",
  "RLIMIT_NPROC",
  "RLIMIT_NOFILE",
  "RLIMIT_MEMLOCK",
  "RLIMIT_AS",
  "RLIMIT_LOCKS",
  "RLIMIT_SIGPENDING",
  "RLIMIT_MSGQUEUE",
  "RLIMIT_NICE",
  "RLIMIT_RTPRIO",
  "RLIMIT_RTTIME",
] as const;

export const RLIMIT = { NOFILE: 7, AS: 9, SIGPENDING: 11 } as const;

/** No limit. */
export const RLIM_INFINITY = 0xffff_ffff_ffff_ffffn;

/** `which` of setpriority(2). */
export const PRIO = { PROCESS: 0, PGRP: 1, USER: 2 } as const;
