/** Cases that Restage cannot save yet, and the reason that its refusal names. */
export const NOT_YET: Readonly<Record<string, string>> = {
  automounts: "its file system (autofs, daemon) is outside the tree",
};
