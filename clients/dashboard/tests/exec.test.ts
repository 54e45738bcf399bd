import { expect, test } from 'vitest';
import { lineReader, wordsOf } from '../src/api/exec';
import { optionsOf } from '../src/pages/NewCluster';

test.each([
  ['srun -N4 hostname', ['srun', '-N4', 'hostname']],
  ['  a   b ', ['a', 'b']],
  [`sh -c 'echo "$1"' x`, ['sh', '-c', 'echo "$1"', 'x']],
  [`"a b"c '' \\ d`, ['a bc', '', ' d']],
  [`"say \\"no\\""`, ['say "no"']],
  ['', []],
])('the words of %s', (line, words) => {
  expect(wordsOf(line)).toEqual(words);
});

test('a quote has to be closed', () => {
  expect(() => wordsOf('echo "x')).toThrow('not closed');
});

test('lines are read however they are cut', () => {
  const text = '{"a":1}\n\n{"b":2}\n{"c"';
  const reader = lineReader();
  expect([...text].flatMap((letter) => reader.push(letter))).toEqual(['{"a":1}', '{"b":2}']);
  expect(reader.end()).toEqual(['{"c"']);
});

test('options of a scheduler are lines', () => {
  expect(optionsOf('# mine\nSchedulerParameters = bf_interval=1,a=b\n\nX=\n')).toEqual({
    SchedulerParameters: 'bf_interval=1,a=b',
    X: '',
  });
  expect(() => optionsOf('backfill')).toThrow('NAME=VALUE');
});
