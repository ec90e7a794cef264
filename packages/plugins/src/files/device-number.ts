/**
 * The number of a device as the kernel stores it, and as images and /proc show it: 12 bits of major number above 20 bits of minor number.
 *
 * @param dev as stat(2) returns it, with the minor number split around the major number. Source: include/linux/kdev_t.h.
 */
export function kernelDevice(dev: bigint): number {
  const major = (dev >> 8n) & 0xfffn;
  const minor = (dev & 0xffn) | ((dev >> 12n) & 0xfff00n);
  return Number((major << 20n) | minor);
}

/** `major:minor`, from a number as the kernel stores it. */
export function printDevice(device: number): string {
  return `${device >>> 20}:${device & 0xfffff}`;
}
