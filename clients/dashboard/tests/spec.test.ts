import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { contextAt } from '../src/spec/context';
import {
  type Definitions,
  factorPaths,
  membersOf,
  type Schema,
  schemasAt,
  valuesOf,
  withoutDefaults,
} from '../src/spec/schema';
import { parseSpec, specAsText } from '../src/spec/text';

const contract = parse(readFileSync(new URL('../../../api/openapi.yaml', import.meta.url), 'utf8'));
const all = contract.components.schemas as Definitions;
const root = all.CampaignSpec as Schema;

/** The place of `|` in a text. */
const at = (text: string) => contextAt(text.replace('|', ''), text.indexOf('|'));

test.each([
  ['|', [], null],
  ['na|', [], null],
  ['cluster:\n  |', ['cluster'], null],
  ['cluster:\n  compute: 4\n  sche|', ['cluster'], null],
  ['cluster:\n  scheduler:\n    options:\n      A: b\n    |', ['cluster', 'scheduler'], null],
  ['cluster:\n  scheduler:\n    name: fl|', ['cluster', 'scheduler'], 'name'],
  ['cluster: {backend: lxc, node: {cp|', ['cluster', 'node'], null],
  ['cluster: {backend: |', ['cluster'], 'backend'],
  ['cluster: {backend: lxc, node: {cpus: 1}, |', ['cluster'], null],
  ['cluster: {\n  backend: lxc,\n  |', ['cluster'], null],
  ['objectives:\n- metric: a\n  direction: m|', ['objectives', 0], 'direction'],
  ['objectives:\n  - {metric: a}\n  - {metric: b, |', ['objectives', 1], null],
  ['objectives:\n- metric: a\n- |', ['objectives', 1], null],
  ['objectives: [{metric: makespan, direction: m|', ['objectives', 0], 'direction'],
  ['factors:\n  cluster.compute: [1, 2, |', ['factors', 'cluster.compute', 2], null],
  ['factors:\n  "cluster.compute":\n    - 1\n    - |', ['factors', 'cluster.compute', 1], null],
  ['a:\n- - x\n  - y\n  - |', ['a', 0, 2], null],
  ['a:\n- x\nde|', [], null],
  ['# no|', undefined, null],
  ['a: b # no|', undefined, null],
  ['a: |-\n  te|'.replace('|-', '>-'), undefined, null],
  ['a: >\n  text\nb|', [], null],
  ['a: [x, "y, z", {b: c}]\nd|', [], null],
  ["a: 'it # is'\nd: {e: [1, # what\n 2, |", ['d', 'e', 2], null],
])('%j is at %j, in %j', (text, path, name) => {
  const found = at(text);
  if (path === undefined) expect(found).toBeNull();
  else expect(found).toMatchObject({ path, name });
});

test('pointers lead to the text of their values', () => {
  const text =
    'name: x\ncluster:\n  compute: 4\nfactors:\n  a.b: [1, two]\n  c/d: {levels: [3, 4], when: {a.b: 1}}\nempty:\n';
  const spec = parseSpec(text);
  expect(spec.marks).toEqual([]);
  const words = (pointer: string) => {
    const { from, to } = spec.place(pointer);
    return text.slice(from, to);
  };
  expect(words('/cluster/compute')).toBe('compute: 4');
  expect(words('/cluster')).toBe('cluster');
  expect(words('/cluster/node/cpus')).toBe('cluster');
  expect(words('/factors/a.b/1')).toBe('two');
  expect(words('/factors/c~1d/1')).toBe('4');
  expect(words('/empty').trim()).toBe('empty:');
  expect(words('/nowhere')).toBe('name: x');
  expect(words('')).toBe('name: x');
});

test.each([
  ['a: &x 1\nb: *x', 'Anchors'],
  ['a: 1\na: 2', 'twice'],
  ['a: !mine 1', 'Tag'],
  ['a: .inf', 'number'],
  ['a: 1\n---\nb: 2', 'One document'],
  ['a: [1', ''],
])('%j is refused', (text, why) => {
  const { value, marks } = parseSpec(text);
  expect(value).toBeUndefined();
  expect(marks.map((m) => m.message).join(' ')).toContain(why);
});

test('numbers and words are those of YAML 1.2', () => {
  expect(parseSpec('a: yes\nb: 0x1f\nc: 010\nd: null\ne: 1e3').value).toEqual({
    a: 'yes',
    b: 31,
    c: 10,
    d: null,
    e: 1000,
  });
  expect(parseSpec('').value).toBeUndefined();
});

test('members and values are those of the contract', () => {
  const names = (path: (string | number)[], spec: unknown = {}) =>
    membersOf(schemasAt(root, all, path, spec), all).map((m) => m.name);
  expect(names([]).slice(0, 2)).toEqual(['name', 'workload']);
  expect(names(['cluster'])).toEqual(expect.arrayContaining(['backend', 'compute', 'node', 'scheduler']));
  expect(names(['objectives', 0])).toEqual(expect.arrayContaining(['metric', 'direction', 'margin']));
  const stream = { workload: { name: 'jobstream' } };
  expect(names(['workload'], stream)).toContain('arrival');
  expect(names(['workload'], stream)).not.toContain('regex');
  expect(names(['workload'], { workload: { name: 'command' } })).not.toContain('arrival');
  const values = (path: (string | number)[], spec: unknown = {}) =>
    valuesOf(schemasAt(root, all, path, spec)).map((v) => v.value);
  expect(values(['cluster', 'scheduler', 'name'])).toEqual(['flux', 'slurm', 'null', 'none']);
  expect(values(['design', 'order'])[0]).toBe('randomised-blocks');
  expect(values(['objectives', 1, 'direction'])).toEqual(['min', 'max']);
  expect(values(['admission', 'oversubscribe'])).toEqual(expect.arrayContaining([true, false]));
});

test('paths that may vary are known', () => {
  const paths = factorPaths(root, all, { workload: { name: 'jobstream' } });
  expect(paths).toEqual(
    expect.arrayContaining(['cluster.compute', 'cluster.scheduler.name', 'workload.arrival']),
  );
});

test('what is there by default is left out', () => {
  const spec = {
    name: 'x',
    priority: 0,
    cluster: { compute: 4, scheduler: { name: 'slurm', options: {} } },
    workload: { name: 'command', command: ['true'] },
    design: { order: 'randomised-blocks', seed: 7, warmup: 0 },
    factors: {},
  };
  expect(withoutDefaults(spec, root, all)).toEqual({
    name: 'x',
    cluster: { compute: 4, scheduler: { name: 'slurm' } },
    workload: { name: 'command', command: ['true'] },
    design: { seed: 7 },
  });
  expect(parseSpec(specAsText(spec)).value).toEqual(spec);
});
