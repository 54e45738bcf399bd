import { expect, test } from 'vitest';
import { ago, bytes, duration, levels, number, plural, quantity } from '../src/components/format';

const plain = (text: string) => text.replace(/\u00a0/g, ' ');

test.each([
  [0, '0 ms'],
  [0.0123, '12.3 µs'],
  [340, '340 ms'],
  [999.4, '999 ms'],
  [999.6, '1 s'],
  [2047, '2.05 s'],
  [59_949, '59.9 s'],
  [59_960, '1 min 00 s'],
  [187_000, '3 min 07 s'],
  [3_599_600, '1 h 00 min'],
  [7_500_000, '2 h 05 min'],
  [86_399_999, '1 d 00 h'],
  [-1500, '−1.5 s'],
])('%d ms is %s', (ms, text) => {
  expect(plain(duration(ms))).toBe(text);
});

test.each([
  [0, '0 B'],
  [1023, '1,023 B'],
  [1536, '1.5 KiB'],
  [731906048, '698 MiB'],
  [25276502016, '23.5 GiB'],
])('%d bytes are %s', (n, text) => {
  expect(plain(bytes(n))).toBe(text);
});

test('the whole part of a number is never rounded away', () => {
  expect(number(123456, 3)).toBe('123,456');
  expect(number(0.000012)).toBe('1.200e-5');
  expect(number(Number.NaN)).toBe('NaN');
});

test('quantities have their unit', () => {
  expect(plain(quantity(0.204, 's'))).toBe('204 ms');
  expect(plain(quantity(12.5, 'MB/s'))).toBe('12.5 MB/s');
  expect(quantity(3, '1')).toBe('3');
});

test('times are told from now', () => {
  expect(plain(ago(1000, 1500))).toBe('now');
  expect(plain(ago(0, 12_345))).toBe('12 s ago');
  expect(plain(ago(63_000, 0))).toBe('in 1 min 03 s');
});

test('levels have the last name of their path', () => {
  expect(levels({ 'cluster.scheduler.options.SchedulerType': 'sched/builtin', 'cluster.compute': 4 })).toBe(
    'SchedulerType sched/builtin, compute 4',
  );
  expect(plural(1, 'row')).toBe('1 row');
  expect(plural(1200, 'entry', 'entries')).toBe('1,200 entries');
});
