/**
 * Finds an equal in what kcmp(2) has sorted.
 *
 * @param compare what kcmp(2) says of another one and this one: 0 for the same, 1 for a smaller other.
 * @returns the equal, if there is one, and otherwise the place to insert this one.
 */
export function findInOrder<T>(
  sorted: readonly T[],
  compare: (other: T) => number,
): { readonly same: T | undefined; readonly at: number } {
  let [from, to] = [0, sorted.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    const other = sorted[middle] as T;
    const order = compare(other);
    if (order === 0) return { same: other, at: middle };
    if (order === 1) from = middle + 1;
    else to = middle;
  }
  return { same: undefined, at: from };
}
