/** The version of CRIU whose command line and requests Restage serves. */
export const CRIU_VERSION = { major: 4, minor: 2 } as const;
