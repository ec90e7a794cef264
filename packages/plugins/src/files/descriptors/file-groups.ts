/**
 * Files that have to be opened by one task: those of one name, those that need each other, and through them all others.
 */
export class FileGroups {
  /** The next member on the way to the one that stands for the group; that one has none. */
  readonly #next = new Map<string, string>();

  /** The member that stands for a group, the same for all of it. */
  of(member: string): string {
    let at = member;
    for (let next = this.#next.get(at); next !== undefined; next = this.#next.get(at)) at = next;
    // Straight there the next time.
    if (at !== member) this.#next.set(member, at);
    return at;
  }

  /** Makes one group of two. */
  join(one: string, other: string): void {
    const from = this.of(one);
    const to = this.of(other);
    if (from !== to) this.#next.set(from, to);
  }
}
