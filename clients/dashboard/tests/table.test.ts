import { expect, test } from 'vitest';
import { csvOf } from '../src/charts/save';
import { compare, matches } from '../src/components/order';

test('rows are in the order of their numbers, what is missing last in both directions', () => {
  const values = ['n10', null, 'n2', undefined, 'n1'];
  expect([...values].sort((a, b) => compare(a, b, false))).toEqual(['n1', 'n2', 'n10', null, undefined]);
  expect([...values].sort((a, b) => compare(a, b, true))).toEqual(['n10', 'n2', 'n1', null, undefined]);
  expect([3, Number.NaN, -1, 20].sort((a, b) => compare(a, b, true))).toEqual([20, 3, -1, Number.NaN]);
});

test('all words have to be there', () => {
  expect(matches('backfill done', ['sched/Backfill', 'Done'])).toBe(true);
  expect(matches('backfill failed', ['sched/Backfill', 'done', null])).toBe(false);
  expect(matches('12', [12])).toBe(true);
});

test('fields of CSV are quoted where they must be', () => {
  expect(
    csvOf(
      ['a', 'b'],
      [
        ['x,"y"', 1.5],
        ['<b>\nz', null],
      ],
    ),
  ).toBe('a,b\r\n"x,""y""",1.5\r\n"<b>\nz",\r\n');
});
