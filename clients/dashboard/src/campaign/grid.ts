// The grid of a campaign: what stands at each cell and block. Pure.
import type { Schemas } from '../api/client';

export type Grid = Schemas['CampaignGrid'];

export interface Place {
  run: string;
  /** A word: the grade of what is done, else the state. */
  word: string;
  attempt: number;
}

/** By `cell * blocks + block`: the newest attempt of each. */
export function placesOf(grid: Grid): Map<number, Place> {
  const out = new Map<number, Place>();
  const { run, cell, block, attempt, state, grade } = grid.runs;
  run.forEach((id, n) => {
    const at = (cell[n] ?? 0) * grid.blocks + (block[n] ?? 0);
    const tried = attempt[n] ?? 1;
    if ((out.get(at)?.attempt ?? 0) > tried) return;
    const judged = grade[n];
    const word =
      typeof judged === 'number' ? (grid.grades[judged] ?? '') : (grid.states[state[n] ?? 0] ?? '');
    out.set(at, { run: id, word, attempt: tried });
  });
  return out;
}

/** How many of each word there are, and how many places have none yet. */
export function tally(places: ReadonlyMap<number, Place>, all: number): [string, number][] {
  const out = new Map<string, number>();
  for (const { word } of places.values()) out.set(word, (out.get(word) ?? 0) + 1);
  if (all > places.size) out.set('not begun', all - places.size);
  return [...out];
}

/** Where keys lead within `rows` x `columns`; null for other keys. */
export function moved(
  key: string,
  [row, column]: readonly [number, number],
  rows: number,
  columns: number,
): [number, number] | null {
  const within = (n: number, most: number) => Math.max(0, Math.min(n, most - 1));
  switch (key) {
    case 'ArrowUp':
      return [within(row - 1, rows), column];
    case 'ArrowDown':
      return [within(row + 1, rows), column];
    case 'ArrowLeft':
      return [row, within(column - 1, columns)];
    case 'ArrowRight':
      return [row, within(column + 1, columns)];
    case 'Home':
      return [row, 0];
    case 'End':
      return [row, columns - 1];
    case 'PageUp':
      return [within(row - 10, rows), column];
    case 'PageDown':
      return [within(row + 10, rows), column];
    default:
      return null;
  }
}
