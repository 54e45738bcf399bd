import { expect, test } from 'vitest';
import { moved, newestOf, tally, wordOf } from '../src/campaign/grid';
import {
  type Analysis,
  candidates,
  compared,
  distances,
  effectRows,
  estimates,
  type Metric,
  samples,
  type Values,
} from '../src/charts/analysed';
import { frontOf } from '../src/charts/pareto';
import { boxOf, quantile, stepsOf } from '../src/charts/quantile';
import { cut, spread } from '../src/charts/rows';
import { logTicks } from '../src/charts/ticks';

const plain = (text: string | undefined) => text?.replace(/\u00a0/g, ' ');

const interval = { low: 9, high: 12, coverage: 0.96875 };
const cellOf = (cell: number, median: number | null, own: unknown) => ({ cell, n: 6, median, interval: own });
const metric = {
  name: 'makespan',
  unit: 's',
  margin: 0.05,
  cells: [cellOf(0, 10, interval), cellOf(1, 20, null), cellOf(2, null, null)],
  comparisons: [
    {
      factor: 'cluster.compute',
      level: 8,
      reference: 4,
      cell: 1,
      against: 0,
      context: { 'workload.env.A': 'b<i>' },
      n: 6,
      estimand: 'ratio',
      ratio: { estimate: 2, interval: { low: 1.5, high: 2.5, coverage: 0.95 } },
      pCorrected: 0.03,
      result: 'worse',
    },
    {
      factor: null,
      cell: 2,
      against: 0,
      context: null,
      n: 0,
      estimand: 'difference',
      difference: null,
      pCorrected: null,
      result: 'unresolved',
    },
  ],
  effects: {
    left: 0.1,
    items: [
      { factors: ['cluster.compute', 'workload.env.A'], share: 0.9, test: null },
      { factors: ['x'], share: null, test: null },
    ],
  },
} as unknown as Metric;
const analysis = {
  cells: [
    { cell: 0, name: 'four' },
    { cell: 1, name: 'eight' },
    { cell: 2, name: 'none' },
  ],
  metrics: [metric],
  pareto: {
    objectives: [
      { metric: 'makespan', direction: 'min' },
      { metric: 'rate', direction: 'max' },
    ],
    cells: [
      { cell: 0, onFront: true, probability: 0.9 },
      { cell: 2, onFront: false, probability: null },
    ],
  },
} as unknown as Analysis;
const values = {
  runs: { run: ['a', 'b', 'c', 'd'], cell: [0, 0, 1, 0], block: [0, 1, 1, 2], counts: [0, 1, 1, 1] },
  metrics: [{ name: 'makespan', values: [1, 2, 3, null] }],
} as unknown as Values;

test('estimates have what is known of them, and their runs that count', () => {
  const rows = estimates(analysis, metric, values, [0, 1, 2], {
    run: (id) => `/r/${id}`,
    cell: (c) => `/c/${c}`,
  });
  expect(rows.map((r) => plain(r.note))).toEqual([
    '10 s, 9 s to 12 s (96.9 %), n 6',
    '20 s, no interval, n 6',
    'no value',
  ]);
  expect(rows[0]).toMatchObject({ label: '0: four', estimate: 10, low: 9, high: 12, href: '/c/0' });
  expect(rows[0]?.dots).toEqual([{ value: 2, label: 'block 1, run b', href: '/r/b' }]);
  expect(samples(analysis, metric, values, [1])[0]?.values).toEqual([
    { value: 3, label: 'block 1, run c', href: undefined },
  ]);
});

test('comparisons are told with both sides, what they are at, and what came of them', () => {
  const [ratio] = compared(analysis, metric, 'ratio');
  expect(ratio).toMatchObject({
    label: 'compute 8 to 4, at b<i>',
    estimate: 2,
    low: 1.5,
    high: 2.5,
    tone: 'bad',
  });
  expect(plain(ratio?.note)).toBe('2 (1.5 to 2.5), n 6, p 0.03: worse');
  expect(compared(analysis, metric, 'difference')).toMatchObject([
    { label: '2: none to 0: four', estimate: null, note: 'unresolved', tone: 'even' },
  ]);
});

test('half an interval is told as a part of its median', () => {
  expect(distances(metric)).toEqual([
    { cell: 0, half: 0.15 },
    { cell: 1, half: null },
    { cell: 2, half: null },
  ]);
});

test('effects have what is left as their last row', () => {
  expect(effectRows(metric).map((e) => [e.label, e.share])).toEqual([
    ['compute and A', 0.9],
    ['none of them', 0.1],
  ]);
});

test('candidates are those cells that have both objectives', () => {
  const { data, axes } = candidates(analysis, metric, metric);
  expect(data).toMatchObject([
    { cell: 0, name: '0: four', x: 10, xLow: 9, xHigh: 12, onFront: true, probability: 0.9 },
  ]);
  expect(axes.x).toEqual({ label: 'makespan (s)', direction: 'min' });
});

test('the front of two objectives has what no other is as good as', () => {
  const at = (x: number, y: number) => ({ x, y }) as Parameters<typeof frontOf>[0][number];
  const all = [at(3, 1), at(1, 3), at(2, 2), at(2, 3), at(3, 3)];
  const min = { label: '', direction: 'min' } as const;
  const max = { label: '', direction: 'max' } as const;
  const places = (front: { x: number; y: number }[]) => front.map((c) => [c.x, c.y]);
  expect(places(frontOf(all, min, min))).toEqual([
    [1, 3],
    [2, 2],
    [3, 1],
  ]);
  expect(places(frontOf(all, max, max))).toEqual([[3, 3]]);
  expect(places(frontOf(all, min, max))).toEqual([[1, 3]]);
});

test('quantiles are those of type 7, whiskers end at values', () => {
  expect(quantile([1, 2, 3, 4], 0.25)).toBe(1.75);
  expect(boxOf([1, 2, 3, 4, 100])).toEqual({ q1: 2, median: 3, q3: 4, low: 1, high: 4 });
  expect(boxOf([7])).toEqual({ q1: 7, median: 7, q3: 7, low: 7, high: 7 });
  expect(boxOf([])).toBeNull();
  expect(stepsOf([3, 1]).map((s) => [s.value, s.share, s.place])).toEqual([
    [1, 0.5, 1],
    [3, 1, 0],
  ]);
});

test('ticks are round, and some whatever the span', () => {
  expect(logTicks(0.55, 1.3, 8)).toEqual([0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.2, 1.3]);
  expect(logTicks(0.98, 1.02, 4)).toEqual([0.98, 0.99, 1, 1.01, 1.02]);
  expect(logTicks(0.1, 100, 9)).toEqual([0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100]);
  expect(logTicks(1e-6, 1e6, 4)).toEqual([1e-6, 1e-3, 1, 1e3, 1e6]);
});

test('names are cut where there is no room, and dots of a row are apart', () => {
  expect(cut('abcdefghij', 40)).toBe('abcde…');
  expect(cut('abc', 40)).toBe('abc');
  const places = Array.from({ length: 20 }, (_, n) => spread(n));
  expect(new Set(places).size).toBe(20);
  expect(places.every((p) => Math.abs(p) <= 0.15)).toBe(true);
});

test('the grid has the newest attempt of each place', () => {
  const grid = {
    cells: 2,
    blocks: 3,
    states: ['measuring', 'done', 'failed'],
    grades: ['usable', 'invalid'],
    runs: {
      run: ['a', 'b', 'c', 'd'],
      cell: [0, 1, 1, 0],
      block: [0, 2, 2, 1],
      attempt: [1, 2, 1, 1],
      state: [1, 1, 2, 0],
      grade: [0, 1, null, null],
    },
  } as unknown as Parameters<typeof newestOf>[0];
  const newest = newestOf(grid);
  expect([...newest].map((n) => grid.runs.run[n] ?? null)).toEqual(['a', 'd', null, null, null, 'b']);
  expect([...newest].map((n) => wordOf(grid, n))).toEqual([
    'usable',
    'measuring',
    'not begun',
    'not begun',
    'not begun',
    'invalid',
  ]);
  expect(Object.fromEntries(tally(grid, newest))).toEqual({
    usable: 1,
    measuring: 1,
    invalid: 1,
    'not begun': 3,
  });
});

test.each([
  ['ArrowRight', [0, 0], [0, 1]],
  ['ArrowRight', [0, 4], [0, 4]],
  ['ArrowUp', [0, 2], [0, 2]],
  ['PageDown', [1, 1], [2, 1]],
  ['End', [1, 1], [1, 4]],
  ['x', [1, 1], null],
] as const)('%s in the grid leads from %j to %j', (key, from, to) => {
  expect(moved(key, from, 3, 5)).toEqual(to);
});
