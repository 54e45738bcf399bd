// The grid of a campaign: what stands at each cell and block. Pure.
import type { Schemas } from '../api/client';

export type Grid = Schemas['CampaignGrid'];

/** By `cell * blocks + block`: which of the grid's runs is the newest attempt there; -1 where there is none. */
export function newestOf(grid: Grid): Int32Array {
  const out = new Int32Array(grid.cells * grid.blocks).fill(-1);
  const { cell, block, attempt } = grid.runs;
  for (let n = 0; n < cell.length; n++) {
    const at = (cell[n] ?? 0) * grid.blocks + (block[n] ?? 0);
    const old = out[at] ?? -1;
    if (old < 0 || (attempt[old] ?? 1) <= (attempt[n] ?? 1)) out[at] = n;
  }
  return out;
}

/** The grade of a run that is done, else its state; of none, that it has not begun. */
export function wordOf(grid: Grid, n: number): string {
  if (n < 0) return 'not begun';
  const judged = grid.runs.grade[n];
  return (
    (typeof judged === 'number' ? grid.grades[judged] : grid.states[grid.runs.state[n] ?? 0]) ?? 'unknown'
  );
}

/** How many of each word there are. */
export function tally(grid: Grid, newest: Int32Array): [string, number][] {
  const out = new Map<string, number>();
  for (const n of newest) {
    const word = wordOf(grid, n);
    out.set(word, (out.get(word) ?? 0) + 1);
  }
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
