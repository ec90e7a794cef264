/** struct fib_rule_hdr: offsets of its members. Source: include/uapi/linux/fib_rules.h. */
export const FIB_RULE_HDR = { size: 12, table: 4, action: 7 } as const;

/** Attributes of a rule. Source: include/uapi/linux/fib_rules.h. */
export const FRA = { PRIORITY: 6 } as const;

/** Actions of a rule. Source: include/uapi/linux/fib_rules.h. */
export const FR_ACT = { TO_TBL: 1 } as const;
