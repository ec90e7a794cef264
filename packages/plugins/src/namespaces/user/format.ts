import type { UidGidExtent } from "@restage/images";

/** The lines of /proc/PID/uid_map and gid_map: `INSIDE OUTSIDE COUNT`, where OUTSIDE is an id of the reader. Source: user_namespaces(7). */
export function parseIdMap(text: string): readonly UidGidExtent[] {
  return text
    .split("\n")
    .filter(Boolean)
    .map((line) => {
      const [first = 0, lower_first = 0, count = 0] = line.trim().split(/\s+/).map(Number);
      return { first, lower_first, count };
    });
}

export function printIdMap(map: readonly UidGidExtent[]): string {
  return map.map(({ first, lower_first, count }) => `${first} ${lower_first} ${count}\n`).join("");
}

/** The id inside the namespace of an id outside; undefined when the map has none. */
export function idInside(map: readonly UidGidExtent[], id: number): number | undefined {
  const extent = map.find(({ lower_first, count }) => lower_first <= id && id < lower_first + count);
  return extent === undefined ? undefined : extent.first + id - extent.lower_first;
}

/** The id outside the namespace of an id inside; undefined when the map has none. */
export function idOutside(map: readonly UidGidExtent[], id: number): number | undefined {
  const extent = map.find(({ first, count }) => first <= id && id < first + count);
  return extent === undefined ? undefined : extent.lower_first + id - extent.first;
}
