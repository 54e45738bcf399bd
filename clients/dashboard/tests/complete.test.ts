import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { type Known, optionsAt } from '../src/spec/complete';
import type { Definitions } from '../src/spec/schema';

const contract = parse(readFileSync(new URL('../../../api/openapi.yaml', import.meta.url), 'utf8'));
const known: Known = {
  definitions: contract.components.schemas as Definitions,
  images: ['debian-bookworm'],
  workloads: [
    {
      name: 'stream',
      title: 'STREAM',
      parameters: { properties: { size: { type: 'integer', default: 500 } } },
      metrics: [{ name: 'triad', title: 'Bandwidth' }],
    },
  ],
};

/** At `|`: what is offered, and what would be written. */
const at = (text: string) => optionsAt(text.replace('|', ''), text.indexOf('|'), known)?.options ?? [];
const labels = (text: string) => at(text).map((o) => o.label);

test('members that are there already are not offered again', () => {
  expect(labels('name: x\n|')).not.toContain('name');
  expect(labels('name: x\n|')).toEqual(expect.arrayContaining(['workload', 'cluster', 'design']));
  expect(labels('cluster: {compute: 2, |}')).not.toContain('compute');
});

test('what is nested goes on lines of its own, deeper by two', () => {
  const written = (text: string, name: string) => at(text).find((o) => o.label === name)?.text;
  expect(written('|', 'cluster')).toBe('cluster:\n  ');
  expect(written('cluster:\n  |', 'node')).toBe('node:\n    ');
  expect(written('|', 'objectives')).toBe('objectives:\n  - ');
  expect(written('cluster: {|', 'node')).toBe('node: ');
  expect(written('objectives:\n  - |', 'metric')).toBe('metric: ');
  expect(written('clus|: 1', 'cluster')).toBe('cluster');
});

test('what the daemon has is offered: images, workloads, their parameters and metrics', () => {
  expect(labels('cluster:\n  image: |')).toEqual(['debian-bookworm']);
  expect(labels('workload:\n  name: |')).toEqual(['stream']);
  expect(labels('workload:\n  name: stream\n  |')).toEqual(['size']);
  expect(at('workload:\n  name: stream\n  |')[0]?.detail).toBe('default 500');
  expect(labels('workload: {name: stream}\nobjectives: [{metric: |')).toEqual(['triad']);
});

test('factors are paths of the spec, their levels what may stand there', () => {
  expect(labels('workload: {name: stream}\nfactors:\n  |')).toEqual(
    expect.arrayContaining(['cluster.compute', 'workload.size']),
  );
  expect(labels('factors:\n  cluster.scheduler.name: [|')).toEqual(expect.arrayContaining(['slurm', 'flux']));
  expect(labels('factors: {cluster.compute: [1]}\nexclude:\n  - |')).toEqual(['cluster.compute']);
});

test('texts that YAML would take for something else are quoted', () => {
  const texts = at('cluster:\n  scheduler:\n    name: |').map((o) => o.text);
  expect(texts).toEqual(['flux', 'slurm', '"null"', 'none']);
});
