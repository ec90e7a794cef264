/** Rights of a Landlock ruleset. Source: include/uapi/linux/landlock.h. */
export const LANDLOCK_ACCESS_FS = { WRITE_FILE: 1 << 1 } as const;

/** A flag of landlock_create_ruleset(2): returns the version of the interface. Source: include/uapi/linux/landlock.h. */
export const LANDLOCK_CREATE_RULESET_VERSION = 1;
