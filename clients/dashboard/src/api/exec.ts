// Commands in nodes: their output as it comes.
import type { Schemas } from './client';
import { ask } from './client';

export type ExecEvent = Schemas['ExecEvent'];
export type ExecEnd = Schemas['ExecEnd']['exit'];

/** Takes text as it comes, gives back the lines that are complete; `end` gives what is left. */
export function lineReader(): { push: (chunk: string) => string[]; end: () => string[] } {
  let rest = '';
  return {
    push: (chunk) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      return lines.filter((line) => line !== '');
    },
    end: () => (rest === '' ? [] : [rest]),
  };
}

export async function execute(
  cluster: string,
  exec: Partial<Schemas['Exec']> & { command: string[] },
  onEvent: (event: ExecEvent) => void,
  signal: AbortSignal,
): Promise<void> {
  const reply = await ask(`/v1/clusters/${encodeURIComponent(cluster)}/exec`, {
    method: 'POST',
    headers: { Accept: 'application/x-ndjson', 'Content-Type': 'application/json' },
    body: JSON.stringify(exec),
    signal,
  });
  const lines = lineReader();
  const tell = (line: string) => onEvent(JSON.parse(line) as ExecEvent);
  const reader = reply.body?.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { value, done } = (await reader?.read()) ?? { value: undefined, done: true };
    if (done || value === undefined) break;
    lines.push(value).forEach(tell);
  }
  lines.end().forEach(tell);
}

/**
 * Words as a shell would split them: by blanks, with '...', "..." and backslashes; nothing is expanded.
 * Throws where a quote is not closed.
 */
export function wordsOf(line: string): string[] {
  const words: string[] = [];
  let word: string | null = null;
  let quote = '';
  for (let at = 0; at < line.length; at++) {
    const c = line.charAt(at);
    if (quote !== '' && c === quote) quote = '';
    else if (quote === '' && (c === "'" || c === '"')) {
      quote = c;
      word ??= '';
    } else if (c === '\\' && quote !== "'" && at + 1 < line.length) word = (word ?? '') + line.charAt(++at);
    else if (quote === '' && /\s/.test(c)) {
      if (word !== null) words.push(word);
      word = null;
    } else word = (word ?? '') + c;
  }
  if (quote !== '') throw new Error(`the quote ${quote} is not closed`);
  if (word !== null) words.push(word);
  return words;
}
