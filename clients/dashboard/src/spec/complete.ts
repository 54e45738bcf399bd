// What may be written at a place of a spec, in the contract's words. Pure.
import { type Context, contextAt } from './context';
import {
  type Definitions,
  factorPaths,
  type Member,
  membersOf,
  type Schema,
  schemasAt,
  type Value,
  valuesOf,
} from './schema';
import { parseSpec } from './text';

export interface KnownWorkload {
  name: string;
  title: string;
  parameters: Schema;
  metrics: readonly { name: string; title: string }[];
}

/** What the daemon has. */
export interface Known {
  definitions: Definitions;
  workloads: readonly KnownWorkload[];
  images: readonly string[];
}

export interface Option {
  label: string;
  detail: string;
  info: string;
  /** What is written in its place. */
  text: string;
  /** Names before values. */
  kind: 'name' | 'value';
}

export interface Options {
  from: number;
  options: Option[];
}

type Spec = Record<string, unknown>;
const isObject = (value: unknown): value is Spec =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Of a text that is being written: without the line that is not done yet, where it is no YAML with it. */
export function valueSoFar(text: string, pos: number): Spec {
  const whole = parseSpec(text).value;
  if (isObject(whole)) return whole;
  const begin = text.lastIndexOf('\n', pos - 1) + 1;
  const end = text.indexOf('\n', pos);
  const without = parseSpec(text.slice(0, begin) + (end < 0 ? '' : text.slice(end + 1))).value;
  return isObject(without) ? without : {};
}

const chosenWorkload = (spec: Spec, known: Known) => {
  const name = isObject(spec.workload) ? spec.workload.name : undefined;
  return known.workloads.find((w) => w.name === name);
};

/** The contract's spec, with the parameters of the workload that is chosen. */
function rootOf(spec: Spec, known: Known): Schema {
  const root = known.definitions.CampaignSpec ?? {};
  const parameters = chosenWorkload(spec, known)?.parameters;
  if (!parameters) return root;
  const named: Schema = { properties: { name: { type: 'string' } }, ...parameters };
  return { ...root, properties: { ...root.properties, workload: named } };
}

const value = (v: unknown, detail = '', info = ''): Option => ({
  label: typeof v === 'string' ? v : JSON.stringify(v),
  detail,
  info,
  text: scalar(v),
  kind: 'value',
});

/** As YAML of one line. */
function scalar(v: unknown): string {
  if (Array.isArray(v)) return `[${v.map(scalar).join(', ')}]`;
  if (isObject(v))
    return `{${Object.entries(v)
      .map(([name, each]) => `${name}: ${scalar(each)}`)
      .join(', ')}}`;
  if (typeof v !== 'string') return JSON.stringify(v);
  const plain = /^[A-Za-z/][\w./%+-]*$/.test(v) && !/^(true|false|null|~)$/i.test(v);
  return plain || /^\d+(\.\d+)?(ns|us|ms|s|min|h|B|KiB|MiB|GiB|TiB|%|\/s)$/.test(v) ? v : JSON.stringify(v);
}

/** Values that the daemon knows rather than the contract; null where it is the contract that says. */
function known(at: Context, spec: Spec, from: Known): Option[] | null {
  const path = at.path.join('/');
  if (path === 'cluster' && at.name === 'image') return from.images.map((name) => value(name, 'ready'));
  if (path === 'workload' && at.name === 'name') return from.workloads.map((w) => value(w.name, '', w.title));
  const metric =
    (/^objectives\/\d+$/.test(path) || /^failIf\/\d+$/.test(path) || path === 'design/repetitions/until') &&
    at.name === 'metric';
  if (metric) return chosenWorkload(spec, from)?.metrics.map((m) => value(m.name, '', m.title)) ?? [];
  return null;
}

function memberOption(member: Member, indent: string, inFlow: boolean): Option {
  const detail = [
    member.required ? 'needed' : '',
    member.default !== undefined && member.nested === null ? `default ${JSON.stringify(member.default)}` : '',
  ]
    .filter((word) => word !== '')
    .join(', ');
  const below =
    inFlow || member.nested === null ? ' ' : `\n${indent}  ${member.nested === 'array' ? '- ' : ''}`;
  return { label: member.name, detail, info: member.about, text: `${member.name}:${below}`, kind: 'name' };
}

/** What is written after a name: nothing where there is a colon already. */
function names(text: string, pos: number, at: Context, members: Member[], spec: Spec): Option[] {
  let here: unknown = spec;
  for (const step of at.path) here = (here as Spec | undefined)?.[step];
  const taken = isObject(here) ? Object.keys(here) : [];
  const typed = text.slice(at.from, pos);
  const line = text.slice(text.lastIndexOf('\n', at.from - 1) + 1, at.from);
  const inFlow = !/^[\s-]*$/.test(line);
  const colon = /^[\w.]*\s*:/.test(text.slice(pos));
  return members
    .filter((m) => m.name === typed || !taken.includes(m.name))
    .map((m) => memberOption(m, ' '.repeat(line.length), inFlow))
    .map((option) => (colon ? { ...option, text: option.label } : option));
}

/** Of factors, cells and what is left out: paths that may vary, or vary. */
function factorMembers(at: Context, spec: Spec, root: Schema, from: Known): Member[] | null {
  const [part, index] = at.path;
  const about = (name: string) => ({ name, required: false, nested: null, default: undefined, about: '' });
  if (part === 'factors' && at.path.length === 1) return factorPaths(root, from.definitions, spec).map(about);
  const levels =
    (part === 'cells' || part === 'exclude') && typeof index === 'number' && at.path.length === 2;
  if (levels) return Object.keys(isObject(spec.factors) ? spec.factors : {}).map(about);
  return null;
}

export function optionsAt(text: string, pos: number, from: Known): Options | null {
  const at = contextAt(text, pos);
  if (!at) return null;
  const spec = valueSoFar(text, pos);
  const own = known(at, spec, from);
  if (own) return { from: at.from, options: own };
  const root = rootOf(spec, from);
  const paths = at.name === null ? factorMembers(at, spec, root, from) : null;
  if (paths) return { from: at.from, options: names(text, pos, at, paths, spec) };
  const path = at.name === null ? at.path : [...at.path, at.name];
  const there = schemasAt(root, from.definitions, levelPath(path), spec);
  const values = valuesOf(there).map((v: Value) => value(v.value, v.kind));
  const members = at.name === null ? names(text, pos, at, membersOf(there, from.definitions), spec) : [];
  return { from: at.from, options: [...members, ...values] };
}

/** A level of a factor is what may stand at the factor's path. */
function levelPath(path: (string | number)[]): (string | number)[] {
  const [part, second, third, ...rest] = path;
  const split = (name: string) => name.split('.').map((step) => (/^\d+$/.test(step) ? Number(step) : step));
  if (part === 'factors' && typeof second === 'string' && typeof third === 'number')
    return [...split(second), ...rest];
  if ((part === 'cells' || part === 'exclude') && typeof third === 'string')
    return [...split(third), ...rest];
  return path;
}
