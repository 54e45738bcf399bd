import { expect, test } from 'vitest';
import { isText, visible } from '../src/components/text';
import { byNode, stepFor, together } from '../src/run/series';

test.each([
  ['plain\n\tlines\r\nend', 'plain\n\tlines\nend'],
  ['\x1b[31mred\x07', '␛[31mred␇'],
  ['\x7f\x80', '␡�'],
  ['a\u202eb\u2066c', 'a�b�c'],
  ['<b>ö 日本 🙂</b>', '<b>ö 日本 🙂</b>'],
])('%j is seen as %j', (text, seen) => {
  expect(visible(text)).toBe(seen);
});

test('what has a zero byte is no text', () => {
  expect(isText(new TextEncoder().encode('words'))).toBe(true);
  expect(isText(new Uint8Array([80, 75, 0, 3]))).toBe(false);
  expect(isText(new Uint8Array())).toBe(true);
});

test.each([
  [0, undefined],
  [600e9, undefined],
  [601e9, '2s'],
  [86_400e9, '144s'],
])('%d ns need buckets of %s', (ns, step) => {
  expect(stepFor(ns)).toBe(step);
});

const of = (node: string, ...points: number[][]) => ({ node, points });
const values = (metric: string, ...items: ReturnType<typeof of>[]) =>
  ({ metric, unit: 'CPUs', stepNs: null, items }) as never;

test('series have their times in common, and gaps where a node has no value', () => {
  const found = byNode(values('cpu', of('n1', [1e9, 0.5], [2e9, 0.7]), of('n2', [2.004e9, 0.1])));
  expect(found).toEqual({
    times: [1, 2],
    series: [
      { label: 'n1', values: [0.5, 0.7] },
      { label: 'n2', values: [null, 0.1] },
    ],
  });
});

test('many nodes are shown by the most, the middle, the least', () => {
  const nodes = Array.from({ length: 9 }, (_, n) => of(`n${n}`, [1e9, n]));
  const found = byNode(values('cpu', ...nodes));
  expect(found.series.map((s) => [s.label, s.values])).toEqual([
    ['most of 9 nodes', [8]],
    ['median of 9 nodes', [4]],
    ['least of 9 nodes', [0]],
  ]);
});

test('metrics of the host are a series each', () => {
  const found = together([values('cpu_busy', of('host', [0, 1])), values('steal', of('host', [0, 0.25]))]);
  expect(found.series).toEqual([
    { label: 'cpu_busy', values: [1] },
    { label: 'steal', values: [0.25] },
  ]);
});
