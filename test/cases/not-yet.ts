/** Cases that Restage's own checkpoints do not hold yet, and what they are refused for. */
export const NOT_YET: Readonly<Record<string, string>> = {
  cgroups: "--manage-cgroups is an option of CRIU that Restage does not have yet",
};
