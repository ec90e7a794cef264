/** Cases that Restage cannot save yet, and the reason that its refusal names. */
export const NOT_YET: Readonly<Record<string, string>> = {
  automounts: "its file system (autofs, daemon) is outside the tree",
  "huge-pages": "huge pages (hugetlb) are not saved yet",
  "mount-namespaces": "it is in another mount namespace than the root task",
  mounts: "the directory or file that was bound there has been deleted",
};
