/** struct sched_attr, SCHED_ATTR_SIZE_VER0: offsets of its members. Source: include/uapi/linux/sched/types.h. */
export const SCHED_ATTR = {
  size: 48,
  sched_policy: 4,
  sched_flags: 8,
  sched_nice: 16,
  sched_priority: 20,
} as const;
