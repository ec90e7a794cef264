/**
 * Groups of files that one task must open: files with one group name, and files that need each other.
 */
export class FileGroups {
  /** Leads from each member to the representative of its group, which has no entry. */
  readonly #next = new Map<string, string>();

  /** The representative of a group, the same for all its members. */
  of(member: string): string {
    let at = member;
    for (let next = this.#next.get(at); next !== undefined; next = this.#next.get(at)) at = next;
    // Shortens the path for the next call.
    if (at !== member) this.#next.set(member, at);
    return at;
  }

  /** Joins two groups. */
  join(one: string, other: string): void {
    const from = this.of(one);
    const to = this.of(other);
    if (from !== to) this.#next.set(from, to);
  }
}
