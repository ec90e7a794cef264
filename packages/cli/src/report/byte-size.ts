const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

/** `8 KiB`, `1.5 MiB`. */
export function byteSize(bytes: number): string {
  let amount = bytes;
  let unit = 0;
  for (; amount >= 1024 && unit < UNITS.length - 1; unit++) amount /= 1024;
  return `${Number.isInteger(amount) ? amount : amount.toFixed(1)} ${UNITS[unit]}`;
}
