// A command in a node, with its output as it comes.
import { useEffect, useRef, useState } from 'preact/hooks';
import { useAction } from '../api/action';
import { Problem, type Schemas } from '../api/client';
import { type ExecEnd, type ExecEvent, execute, wordsOf } from '../api/exec';
import { ErrorBox } from './boxes';
import { bytes } from './format';

interface Piece {
  stream: 'stdout' | 'stderr';
  text: string;
}

/** What is kept of an output; its beginning goes first. */
const KEPT = 512 * 1024;

/** Pieces of one stream become one, and what is too much goes. */
function add(pieces: readonly Piece[], piece: Piece): { pieces: Piece[]; lost: number } {
  const out = [...pieces];
  const last = out[out.length - 1];
  if (last?.stream === piece.stream && last.text.length < 16_384)
    out[out.length - 1] = { ...last, text: last.text + piece.text };
  else out.push(piece);
  let size = out.reduce((sum, p) => sum + p.text.length, 0);
  let lost = 0;
  while (size > KEPT && out.length > 1) {
    const gone = out.shift()?.text.length ?? 0;
    size -= gone;
    lost += gone;
  }
  return { pieces: out, lost };
}

function pieceOf(event: ExecEvent): Piece | null {
  if ('exit' in event) return null;
  if ('data' in event) return { stream: event.stream, text: event.data };
  return {
    stream: event.stream,
    text: `[${bytes(Math.floor((event.base64.length * 3) / 4))} that are no text]\n`,
  };
}

function ending(exit: ExecEnd): string {
  const how = {
    exited: `ended with ${exit.code}`,
    signalled: `ended by signal ${exit.signal}`,
    timeout: 'ended as its time was over',
    cancelled: 'ended as asked',
    failed: 'could not be run',
  }[exit.reason];
  return exit.detail ? `${how}: ${exit.detail}` : how;
}

export function Console({ cluster, nodes }: { cluster: string; nodes: readonly string[] }) {
  const [shown, setShown] = useState<{ pieces: Piece[]; lost: number }>({ pieces: [], lost: 0 });
  const [exit, setExit] = useState<ExecEnd | null>(null);
  const abort = useRef<AbortController | null>(null);
  const box = useRef<HTMLPreElement>(null);

  useEffect(() => () => abort.current?.abort(), []);
  useEffect(() => {
    box.current?.scrollTo(0, box.current.scrollHeight);
  }, [shown]);

  const run = useAction(async (form: FormData) => {
    const line = String(form.get('command'));
    let command: string[];
    try {
      command = form.get('shell') ? ['sh', '-c', line] : wordsOf(line);
    } catch (thrown) {
      throw new Problem(0, 'The command', String((thrown as Error).message));
    }
    if (command.length === 0)
      throw new Problem(0, 'The command', 'There is none: give a program and its arguments.');
    setShown({ pieces: [], lost: 0 });
    setExit(null);
    abort.current = new AbortController();
    const exec: Partial<Schemas['Exec']> & { command: string[] } = {
      command,
      node: String(form.get('node')),
    };
    const onEvent = (event: ExecEvent) => {
      const piece = pieceOf(event);
      if (piece) {
        setShown((old) => {
          const next = add(old.pieces, piece);
          return { pieces: next.pieces, lost: old.lost + next.lost };
        });
      } else if ('exit' in event) setExit(event.exit);
    };
    try {
      await execute(cluster, exec, onEvent, abort.current.signal);
    } catch (thrown) {
      if (!abort.current.signal.aborted) throw thrown;
      setExit({ code: null, signal: null, reason: 'cancelled' });
    }
  });

  return (
    <>
      <form
        class="line"
        onSubmit={(e) => {
          e.preventDefault();
          void run.act(new FormData(e.currentTarget));
        }}
      >
        <select name="node" aria-label="Node">
          {nodes.map((node) => (
            <option key={node} value={node}>
              {node}
            </option>
          ))}
        </select>
        <input
          name="command"
          aria-label="Command"
          placeholder="srun -N2 hostname"
          autocomplete="off"
          spellcheck={false}
          required
        />
        <label>
          <input type="checkbox" name="shell" /> by a shell
        </label>
        {/* Two elements: one that became the other while it is pressed would run the command again. */}
        {run.busy ? (
          <button key="stop" type="button" class="secondary" onClick={() => abort.current?.abort()}>
            Stop
          </button>
        ) : (
          <button key="run" type="submit">
            Run
          </button>
        )}
      </form>
      <ErrorBox error={run.error} />
      {(shown.pieces.length > 0 || run.busy) && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and must do so by keys too
        <pre class="output" ref={box} tabIndex={0} aria-label="Output" role="log">
          {shown.lost > 0 && (
            <em>
              The first {bytes(shown.lost)} are no longer shown.{'\n'}
            </em>
          )}
          {shown.pieces.map((piece, place) => (
            <span key={place} class={piece.stream}>
              {piece.text}
            </span>
          ))}
        </pre>
      )}
      {exit && <p role="status">The command {ending(exit)}.</p>}
    </>
  );
}
