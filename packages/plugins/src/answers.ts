/** The calls that each task or thread makes in the phase `query`, kept until `collect` reads their results. */
export class Answers<Subject extends { readonly name: string }, Asked> {
  readonly #asked = new Map<Subject, Asked>();

  keep(subject: Subject, asked: Asked): void {
    this.#asked.set(subject, asked);
  }

  of(subject: Subject): Asked {
    const asked = this.#asked.get(subject);
    if (asked === undefined) throw new Error(`Cannot read the answers of ${subject.name}: it was not asked`);
    return asked;
  }
}
