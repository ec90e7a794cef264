import { type Host, struct } from "@restage/core";
import { O, UFFD_API, UFFD_FEATURE, UFFDIO } from "@restage/linux/abi";

/** Whether the kernel lets a daemon bring pages to a tree, and follow what it does to its memory. */
export function supportsLazyPages(host: Host): boolean {
  const uffd = host.attempt("userfaultfd", O.CLOEXEC | O.NONBLOCK);
  if (uffd < 0) return false;
  const features = Object.values(UFFD_FEATURE).reduce((bits, bit) => bits | bit, 0);
  const answer = host.attempt("ioctl", uffd, UFFDIO.API, struct([8, UFFD_API], [8, features], [8, 0]));
  host.attempt("close", uffd);
  return answer >= 0;
}
