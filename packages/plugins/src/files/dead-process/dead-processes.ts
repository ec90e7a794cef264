import { defineService } from "@restage/core";

/**
 * The dead processes whose files in /proc are open: the number of one entry in files.img, by pid. Provided by the duty `dead-processes` of a
 * checkpoint.
 */
export const DeadProcesses = defineService<Map<number, number>>("dead-processes");
