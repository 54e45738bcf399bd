// Order and choice of a table's rows. Pure.

export type Cell = string | number | boolean | null | undefined;

/** Numbers as such, text by its own numbers (`n2` before `n10`), what is missing always last. */
export function compare(a: Cell, b: Cell, descending: boolean): number {
  const noA = a === null || a === undefined || (typeof a === 'number' && Number.isNaN(a));
  const noB = b === null || b === undefined || (typeof b === 'number' && Number.isNaN(b));
  if (noA || noB) return Number(noA) - Number(noB);
  const sign = descending ? -1 : 1;
  if (typeof a === 'number' && typeof b === 'number') return sign * (a - b);
  return sign * COLLATOR.compare(String(a), String(b));
}

const COLLATOR = new Intl.Collator('en', { numeric: true });

/** All words have to be in one of the texts, in any order, whatever the case. */
export function matches(words: string, texts: readonly Cell[]): boolean {
  const all = texts.map((t) => (t === null || t === undefined ? '' : String(t).toLowerCase())).join('\n');
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => all.includes(word));
}
