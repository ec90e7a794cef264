/** The sections of a configuration, each for the command of its name. */
export const SECTIONS = ["restore", "plan", "check", "checkpoint"] as const;
export type SectionName = (typeof SECTIONS)[number];
