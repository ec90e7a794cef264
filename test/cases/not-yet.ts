/** Cases that Restage's own checkpoints do not hold yet, and what they are refused for. */
export const NOT_YET: Readonly<Record<string, string>> = {
  "aio-rings": "it maps no regular file: these are not saved yet",
  "huge-pages": "huge pages (hugetlb) are not saved yet",
  "mapping-kinds": "it maps no regular file: these are not saved yet",
  cgroups: "--manage-cgroups is an option of CRIU that Restage does not have yet",
  "odd-files": "files of this kind are not saved yet",
};
