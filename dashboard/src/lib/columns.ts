/** Strings that repeat, kept once. Pure. */
export class StringTable {
  readonly values: string[] = [''];
  #index = new Map<string, number>([['', 0]]);

  /** The number of `text`; 0 is "none". */
  number(text: string | null): number {
    if (text === null) return 0;
    const known = this.#index.get(text);
    if (known !== undefined) return known;
    const next = this.values.length;
    this.values.push(text);
    this.#index.set(text, next);
    return next;
  }

  text(number: number): string {
    return this.values[number] ?? '';
  }
}
