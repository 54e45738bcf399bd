// What the contract says about a place in a spec: members, values, defaults. Pure.

export interface Schema {
  $ref?: string;
  allOf?: Schema[];
  oneOf?: Schema[];
  anyOf?: Schema[];
  not?: Schema;
  type?: string | string[];
  description?: string;
  properties?: Record<string, Schema>;
  patternProperties?: Record<string, Schema>;
  additionalProperties?: boolean | Schema;
  required?: string[];
  items?: Schema;
  enum?: unknown[];
  const?: unknown;
  default?: unknown;
  examples?: unknown[];
  minimum?: number;
  maximum?: number;
  discriminator?: { propertyName: string };
}

export type Definitions = Record<string, Schema>;

/** All that holds at one place, references followed; of alternatives those that `value` may be meant as. */
export function parts(schema: Schema, all: Definitions, value?: unknown): Schema[] {
  const out: Schema[] = [];
  const add = (each: Schema, depth: number) => {
    if (depth > 20) return;
    const name = each.$ref?.split('/').pop();
    const target = name === undefined ? undefined : all[name];
    if (target) add(target, depth + 1);
    out.push(each);
    for (const part of each.allOf ?? []) add(part, depth + 1);
    const choices = each.oneOf ?? each.anyOf ?? [];
    const fitting = choices.filter((choice) => mayBe(choice, all, value));
    for (const part of fitting.length > 0 ? fitting : choices) add(part, depth + 1);
  };
  add(schema, 0);
  return out;
}

const kindOf = (value: unknown) => (Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value);

/** False where a member with one possible value has another, or the kind is another. */
function mayBe(choice: Schema, all: Definitions, value: unknown): boolean {
  if (value === undefined || value === null) return true;
  const said = parts(choice, all);
  const types = said.flatMap((s) => s.type ?? []);
  const kind = kindOf(value);
  if (types.length > 0 && !types.some((t) => t === kind || (t === 'integer' && kind === 'number')))
    return false;
  if (kind !== 'object') return true;
  const members = value as Record<string, unknown>;
  return said.every((s) =>
    Object.entries(s.properties ?? {}).every(([name, member]) => {
      const own = members[name];
      if (own === undefined) return true;
      const of = parts(member, all);
      const fixed = of.find((p) => p.const !== undefined);
      if (fixed && fixed.const !== own) return false;
      return !of.some((p) => p.not?.enum?.includes(own));
    }),
  );
}

/** What stands at a path, given what the spec has so far. */
export function schemasAt(
  root: Schema,
  all: Definitions,
  path: readonly (string | number)[],
  spec: unknown,
): Schema[] {
  let here: Schema[] = [root];
  let value = spec;
  for (const step of path) {
    const next: Schema[] = [];
    for (const part of here.flatMap((s) => parts(s, all, value))) {
      if (typeof step === 'number') {
        if (part.items) next.push(part.items);
        continue;
      }
      const own = part.properties?.[step];
      if (own) next.push(own);
      else
        for (const [pattern, member] of Object.entries(part.patternProperties ?? {}))
          if (new RegExp(pattern).test(step)) next.push(member);
      if (!own && typeof part.additionalProperties === 'object') next.push(part.additionalProperties);
    }
    here = next;
    value =
      kindOf(value) === 'object' || Array.isArray(value)
        ? (value as Record<string, unknown>)[step]
        : undefined;
  }
  return here.flatMap((s) => parts(s, all, value));
}

export interface Member {
  name: string;
  required: boolean;
  /** An object or a list, whose members go on lines of their own. */
  nested: 'object' | 'array' | null;
  default: unknown;
  about: string;
}

const first = <T>(items: (T | undefined)[]): T | undefined => items.find((item) => item !== undefined);

/** Paragraphs stay, the ends of lines within them do not. */
const flowing = (text: string) => text.trim().replace(/([^\n])\n(?!\n)/g, '$1 ');

export function membersOf(schemas: readonly Schema[], all: Definitions): Member[] {
  const required = new Set(schemas.flatMap((s) => s.required ?? []));
  const out = new Map<string, Member>();
  for (const schema of schemas) {
    for (const [name, member] of Object.entries(schema.properties ?? {})) {
      const said = parts(member, all);
      const types = said.flatMap((s) => s.type ?? []);
      const plain = types.some((t) => t !== 'object' && t !== 'array') || said.some((s) => s.enum ?? s.const);
      const nested = plain
        ? null
        : types.includes('object')
          ? 'object'
          : types.includes('array')
            ? 'array'
            : null;
      if (!out.has(name))
        out.set(name, {
          name,
          required: required.has(name),
          nested,
          default: first([member.default, ...said.map((s) => s.default)]),
          about: flowing(first([member.description, ...said.map((s) => s.description)]) ?? ''),
        });
    }
  }
  return [...out.values()].sort((a, b) => Number(b.required) - Number(a.required));
}

export interface Value {
  value: unknown;
  /** `default`, `example`, or empty. */
  kind: string;
}

/** What may stand there, as far as the contract names it. */
export function valuesOf(schemas: readonly Schema[]): Value[] {
  const out: Value[] = [];
  const add = (value: unknown, kind: string) => {
    if (!out.some((v) => JSON.stringify(v.value) === JSON.stringify(value))) out.push({ value, kind });
  };
  for (const s of schemas) if (s.default !== undefined) add(s.default, 'default');
  for (const s of schemas) {
    for (const value of s.enum ?? []) add(value, '');
    if (s.const !== undefined) add(s.const, '');
    if ([s.type ?? []].flat().includes('boolean')) for (const value of [true, false]) add(value, '');
  }
  for (const s of schemas) for (const value of s.examples ?? []) add(value, 'example');
  return out;
}

/** Paths that may vary, as factors name them: `cluster.compute`. */
export function factorPaths(root: Schema, all: Definitions, spec: unknown, deepest = 4): string[] {
  const out: string[] = [];
  const walk = (path: string[]) => {
    for (const member of membersOf(schemasAt(root, all, path, spec), all)) {
      const full = [...path, member.name];
      if (full.length > 1) out.push(full.join('.'));
      if (member.nested === 'object' && full.length < deepest) walk(full);
    }
  };
  for (const part of ['cluster', 'workload']) walk([part]);
  return out;
}

/** Without what is there by default anyway. */
export function withoutDefaults(spec: unknown, root: Schema, all: Definitions): unknown {
  const strip = (value: unknown, schema: Schema): unknown => {
    if (kindOf(value) !== 'object') return value;
    const said = parts(schema, all, value);
    const out: Record<string, unknown> = {};
    for (const [name, own] of Object.entries(value as Record<string, unknown>)) {
      const member = said.map((s) => s.properties?.[name]).find((s) => s !== undefined);
      const left = member ? strip(own, member) : own;
      const by = member && first([member.default, ...parts(member, all, own).map((s) => s.default)]);
      if (by !== undefined && (same(own, by) || same(left, by))) continue;
      if (kindOf(left) === 'object' && Object.keys(left as object).length === 0 && by !== undefined) continue;
      out[name] = left;
    }
    return out;
  };
  return strip(spec, root);
}

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
