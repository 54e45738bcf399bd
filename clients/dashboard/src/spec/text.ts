// A spec as text: YAML as the daemon's own reader takes it (the core schema of YAML 1.2, nothing that has
// no one meaning in JSON), and where in it each value stands. Pure.
import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  type Node,
  parseAllDocuments,
  stringify,
  visit,
} from 'yaml';

export interface Mark {
  from: number;
  to: number;
  message: string;
}

export interface SpecText {
  /** Undefined where the text is no YAML. */
  value: unknown;
  marks: Mark[];
  /** Where the value of a JSON pointer stands, or the nearest around it that is there. */
  place: (pointer: string) => { from: number; to: number };
}

export const segmentsOf = (pointer: string): string[] =>
  pointer
    .split('/')
    .slice(1)
    .map((s) => s.replace(/~1/g, '/').replace(/~0/g, '~'));

const TOLD: Record<string, string> = {
  DUPLICATE_KEY: 'This member is there twice.',
  BLOCK_AS_IMPLICIT_KEY: 'Nested members begin on a line of their own.',
};

function refused(doc: Document): Mark[] {
  const marks: Mark[] = [];
  const mark = (node: Node, message: string) => {
    const [from = 0, to = from + 1] = node.range ?? [];
    marks.push({ from, to, message });
  };
  visit(doc, {
    Node(_, node) {
      if (isAlias(node)) mark(node, 'Aliases are not taken: write the value out.');
      else if (node.anchor) mark(node, 'Anchors are not taken: write the value out where it is needed.');
      else if (node.tag && isNode(node) && !node.tag.startsWith('tag:yaml.org,2002:'))
        mark(node, 'Tags are not taken.');
      if (isScalar(node) && typeof node.value === 'number' && !Number.isFinite(node.value))
        mark(node, 'JSON has no such number.');
    },
  });
  return marks;
}

/** The text of a value, or of the name that it stands under. */
function rangeOf(node: unknown): { from: number; to: number } | null {
  if (!isNode(node) || !node.range) return null;
  const [from, to] = node.range;
  return { from, to: Math.max(to, from + 1) };
}

function placeIn(doc: Document, text: string, pointer: string): { from: number; to: number } {
  const first = text.indexOf('\n');
  let found = { from: 0, to: first < 0 ? text.length : first };
  let node: unknown = doc.contents;
  for (const name of segmentsOf(pointer)) {
    if (isMap(node)) {
      const pair = node.items.find((p) => isScalar(p.key) && String(p.key.source ?? p.key.value) === name);
      // Levels under a condition stand one deeper than their pointer says.
      const nested =
        /^\d+$/.test(name) && node.items.find((p) => isScalar(p.key) && p.key.value === 'levels');
      if (!pair && nested && isSeq(nested.value)) node = nested.value;
      else if (!pair) return found;
      else {
        // Of a value of many lines its name is enough.
        const key = rangeOf(pair.key);
        const own = isMap(pair.value) || isSeq(pair.value) ? null : rangeOf(pair.value);
        found = key && own ? { from: key.from, to: own.to } : (key ?? found);
        node = pair.value;
        continue;
      }
    }
    if (!isSeq(node)) return found;
    node = node.items[Number(name)];
    if (node === undefined || isPair(node)) return found;
    found = rangeOf(node) ?? found;
  }
  return found;
}

export function parseSpec(text: string): SpecText {
  const docs = parseAllDocuments(text, {
    version: '1.2',
    schema: 'core',
    stringKeys: true,
    prettyErrors: false,
  });
  const all = 'empty' in docs ? [] : docs;
  const doc = all[0];
  if (!doc) return { value: undefined, marks: [], place: () => ({ from: 0, to: 0 }) };
  const marks: Mark[] = doc.errors.map((e) => ({
    from: e.pos[0],
    to: Math.max(e.pos[1], e.pos[0] + 1),
    message: TOLD[e.code] ?? e.message,
  }));
  marks.push(...refused(doc));
  const second = all[1]?.range?.[0];
  if (second !== undefined) marks.push({ from: second, to: text.length, message: 'One document only.' });
  return {
    value: marks.length > 0 ? undefined : doc.toJS(),
    marks,
    place: (pointer) => placeIn(doc, text, pointer),
  };
}

export const specAsText = (spec: unknown): string =>
  stringify(spec, { version: '1.2', schema: 'core', lineWidth: 100, aliasDuplicateObjects: false });
