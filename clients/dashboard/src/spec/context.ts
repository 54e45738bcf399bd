// Where in a spec somebody is typing: the path of members around that place. Works on text that is no YAML
// yet. Pure.

export interface Context {
  /** Of the object or list around it, or of the item that is typed; indices are numbers. */
  path: (string | number)[];
  /** The member whose value is typed; null where a name or an item is. */
  name: string | null;
  /** Where what is typed begins. */
  from: number;
}

interface Level {
  indent: number;
  step: string | number;
}

interface Flow {
  kind: '{' | '[';
  step: string | number | null;
}

const NAME = /^(?:"((?:[^"\\]|\\.)*)"|'((?:[^']|'')*)'|([^\s#:,[\]{}"'][^#:,[\]{}]*?))\s*:(?=\s|$)/;
const MANY_LINES = /^[|>][-+\d]*\s*(#.*)?$/;

/** Null within comments, texts of many lines and right after a colon. */
export function contextAt(whole: string, pos: number): Context | null {
  const text = whole.slice(0, pos);
  const levels: Level[] = [];
  let at = 0;
  let block: number | null = null; // in a text of many lines, which is indented more than this
  for (;;) {
    const next = text.indexOf('\n', at);
    const end = next < 0 ? text.length : next;
    const line = text.slice(at, end);
    const indent = /^ */.exec(line)?.[0].length ?? 0;
    const empty = line.trim() === '';
    const inside = block !== null && (empty || indent > block);
    if (inside || /^\s*#/.test(line) || (empty && next >= 0)) {
      if (next < 0) return null;
      at = next + 1;
      continue;
    }
    const read = readLine(text, at, end, indent, levels);
    if (read.at >= text.length) return read.here;
    block = read.block;
    at = text.indexOf('\n', read.at) + 1;
    if (at === 0) return null;
  }
}

interface Read {
  /** Where reading goes on: collections in brackets may end lines later. */
  at: number;
  /** What is there if the text ends with it. */
  here: Context | null;
  block: number | null;
}

function readLine(text: string, start: number, end: number, indent: number, levels: Level[]): Read {
  let at = start + indent;
  let column = indent;
  const leave = (least: number) => {
    while (levels.length > 0 && (levels[levels.length - 1] as Level).indent >= least) levels.pop();
  };
  // Items of lists, which may stand one after the other: `- - a`.
  while (text.charAt(at) === '-' && (at + 1 === end || /\s/.test(text.charAt(at + 1)))) {
    leave(column + 1);
    const top = levels[levels.length - 1];
    if (top?.indent === column && typeof top.step === 'number') top.step++;
    else levels.push({ indent: column, step: 0 });
    const width = 1 + (/^ */.exec(text.slice(at + 1, end))?.[0].length ?? 0);
    at += width;
    column += width;
  }
  leave(column);
  const path = levels.map((level) => level.step);
  const found = NAME.exec(text.slice(at, end));
  if (!found) {
    const flow = readFlow(text, at, path);
    return flow ?? { at: end, here: { path, name: null, from: at }, block: null };
  }
  const name = found[1] ?? found[2] ?? found[3] ?? '';
  levels.push({ indent: column, step: name });
  const colon = at + found[0].length;
  const from = colon + (/^\s*/.exec(text.slice(colon, end))?.[0].length ?? 0);
  const value = text.slice(from, end);
  const flow = readFlow(text, from, [...path, name]);
  if (flow) return flow;
  const none = MANY_LINES.test(value) || /(^|\s)#/.test(value) || from === colon;
  return {
    at: end,
    here: none ? null : { path, name, from },
    block: MANY_LINES.test(value) ? column : null,
  };
}

/** A collection in brackets; null where none begins at `at`. */
function readFlow(text: string, at: number, path: (string | number)[]): Read | null {
  if (!/[[{]/.test(text.charAt(at))) return null;
  const stack: Flow[] = [];
  let token = at;
  do {
    const c = text.charAt(at);
    const top = stack[stack.length - 1];
    const begins = text.slice(token, at).trim() === '';
    if (c === '{' || c === '[') stack.push({ kind: c, step: c === '[' ? 0 : null });
    else if (c === '}' || c === ']') stack.pop();
    else if (c === ',' && top) top.step = top.kind === '[' ? Number(top.step) + 1 : null;
    else if (c === ':' && top?.kind === '{' && top.step === null && /^([\s,}\]]|$)/.test(text.slice(at + 1)))
      top.step = text
        .slice(token, at)
        .trim()
        .replace(/^(["'])(.*)\1$/, '$2');
    else {
      if ((c === '"' || c === "'") && begins) at = endOf(text, c, at + 1);
      else if (c === '#' && /\s/.test(text.charAt(at - 1))) token = at = endOf(text, '\n', at);
      at++;
      continue;
    }
    token = ++at;
  } while (at < text.length && stack.length > 0);
  const top = stack[stack.length - 1];
  if (!top) return { at, here: null, block: null };
  const outer = stack.slice(0, -1).flatMap((f) => (f.step === null ? [] : [f.step]));
  const from = token + (/^\s*/.exec(text.slice(token))?.[0].length ?? 0);
  const around = [...path, ...outer];
  const here: Context =
    top.kind === '[' && top.step !== null
      ? { path: [...around, top.step], name: null, from }
      : { path: around, name: top.step === null ? null : String(top.step), from };
  return { at: text.length, here, block: null };
}

function endOf(text: string, mark: string, from: number): number {
  const at = text.indexOf(mark, from);
  return at < 0 ? text.length : at;
}
