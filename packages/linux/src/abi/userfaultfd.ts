/** Source of every constant here: include/uapi/linux/userfaultfd.h, userfaultfd(2), ioctl_userfaultfd(2). */

/** The API version that UFFDIO_API asks for. */
export const UFFD_API = 0xaa;

/** Requests of ioctl(2) for a userfaultfd. */
export const UFFDIO = {
  REGISTER: 0xc020_aa00,
  UNREGISTER: 0x8010_aa01,
  WAKE: 0x8010_aa02,
  COPY: 0xc028_aa03,
  ZEROPAGE: 0xc020_aa04,
  POISON: 0xc020_aa08,
  API: 0xc018_aa3f,
} as const;

/** Makes a userfaultfd from /dev/userfaultfd, from Linux 6.1; its argument is flags. */
export const USERFAULTFD_IOC_NEW = 0xaa00;

export const UFFDIO_REGISTER_MODE_MISSING = 1;

/** Features of UFFDIO_API. EVENT_FORK requires CAP_SYS_PTRACE in the first user namespace. */
export const UFFD_FEATURE = { EVENT_FORK: 2, EVENT_REMAP: 4, EVENT_REMOVE: 8, EVENT_UNMAP: 64 } as const;

/** Events that a read of a userfaultfd returns. */
export const UFFD_EVENT = { PAGEFAULT: 0x12, FORK: 0x13, REMAP: 0x14, REMOVE: 0x15, UNMAP: 0x16 } as const;

/** struct uffd_msg: a u8 event, and from byte 8 up to three u64 arguments. */
export const UFFD_MSG = { event: 0, arguments: 8, length: 32 } as const;
