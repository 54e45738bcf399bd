// A chart in a page: drawn to the width that there is, with its menu (SVG, PNG, CSV) and its figures as a
// table for those who can't see it. The chart's code is loaded when it is first needed.

import { useEffect, useRef, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { Problem } from '../api/client';
import { ErrorBox } from '../components/boxes';
import { Menu } from '../components/Menu';
import { BASE } from '../router/links';
import { loaded } from '../router/load';
import type { Chart, Drawn } from './plot';
import { csvOf, savePng, saveText, svgText } from './save';

interface Props<D, O> {
  title: string;
  /** What is seen, for those who don't know such charts, and what the marks mean. */
  caption?: string;
  /** Of the files that it is saved as, without an ending. */
  name: string;
  /** Has to be the same function from call to call: `const load = () => import('./dots').then((m) => m.dots)`. */
  load: () => Promise<Chart<D, O>>;
  data: D;
  options: O;
}

const ROWS_SHOWN = 500;

export function Figure<D, O>({ title, caption, name, load, data, options }: Props<D, O>) {
  const place = useRef<HTMLDivElement>(null);
  const [chart, setChart] = useState<{ draw: Chart<D, O> } | null>(null);
  const [width, setWidth] = useState(0);
  const [drawn, setDrawn] = useState<Drawn<D> | null>(null);
  const [error, setError] = useState<Problem | null>(null);
  const { route } = useLocation();

  useEffect(() => {
    loaded(load).then(
      (draw) => setChart({ draw }),
      (thrown) => setError(new Problem(0, 'The chart could not be loaded', String(thrown))),
    );
  }, [load]);

  useEffect(() => {
    if (!place.current) return;
    const watch = new ResizeObserver(([entry]) => entry && setWidth(Math.floor(entry.contentRect.width)));
    watch.observe(place.current);
    return () => watch.disconnect();
  }, []);

  // Newer data go into the drawing that is there, where it can take them.
  const live = useRef<{ made: Drawn<D>; madeOf: unknown[] } | null>(null);
  useEffect(() => {
    if (!chart || width === 0) return;
    const madeOf = [chart, width, options, title];
    const old = live.current;
    const rows = old?.madeOf.every((part, n) => part === madeOf[n]) ? old.made.update?.(data) : null;
    if (old && rows) {
      setDrawn({ ...old.made, rows });
      return;
    }
    old?.made.done?.();
    const made = chart.draw(data, { width, ...options });
    live.current = { made, madeOf };
    made.element.setAttribute('role', made.element.querySelector('a, button') ? 'figure' : 'img');
    made.element.setAttribute('aria-label', title);
    place.current?.replaceChildren(made.element);
    setDrawn(made);
  }, [chart, width, data, options, title]);
  useEffect(() => () => live.current?.made.done?.(), []);

  const picture = () => {
    const vector = drawn?.vector?.();
    if (!vector) return svgText(place.current?.firstElementChild ?? document.createElement('div'));
    vector.classList.add('aside');
    place.current?.append(vector);
    const text = svgText(vector);
    vector.remove();
    return text;
  };
  const save = (what: () => Promise<void> | void) => async () => {
    try {
      await what();
      setError(null);
    } catch (thrown) {
      setError(new Problem(0, 'The chart could not be saved', String(thrown)));
    }
  };
  // Links in a drawing are SVG's own, which the router does not know.
  const follow = (event: MouseEvent) => {
    const anchor = event.target instanceof Element ? event.target.closest('a') : null;
    const href =
      anchor?.getAttribute('href') ?? anchor?.getAttributeNS('http://www.w3.org/1999/xlink', 'href');
    if (!href?.startsWith(BASE) || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0)
      return;
    event.preventDefault();
    route(href);
  };

  return (
    <figure class="chart">
      <header>
        <strong>{title}</strong>
        <Menu label="Save">
          <button type="button" onClick={save(() => saveText(picture(), 'image/svg+xml', `${name}.svg`))}>
            SVG
          </button>
          <button type="button" onClick={save(() => savePng(picture(), `${name}.png`))}>
            PNG
          </button>
          <button
            type="button"
            onClick={save(() => {
              if (drawn) saveText(csvOf(drawn.columns, drawn.rows), 'text/csv', `${name}.csv`);
            })}
          >
            CSV
          </button>
        </Menu>
      </header>
      <ErrorBox error={error} />
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: links inside it are followed by keys, too */}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: as above */}
      <div class="drawing" ref={place} onClick={follow} />
      {caption && <figcaption>{caption}</figcaption>}
      {drawn && <Values drawn={drawn} />}
    </figure>
  );
}

/** Made only when it is opened. */
function Values({ drawn }: { drawn: Pick<Drawn, 'columns' | 'rows'> }) {
  const [open, setOpen] = useState(false);
  return (
    <details class="values" onToggle={(e) => setOpen(e.currentTarget.open)}>
      <summary>Values</summary>
      {open && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and must do so by keys too
        <section class="rows" tabIndex={0} aria-label="Values">
          <table>
            <thead>
              <tr>
                {drawn.columns.map((column) => (
                  <th key={column} scope="col">
                    {column}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {drawn.rows.slice(0, ROWS_SHOWN).map((row, place) => (
                <tr key={place}>
                  {row.map((value, column) => (
                    <td key={drawn.columns[column]} class={typeof value === 'number' ? 'figures' : undefined}>
                      {value ?? '–'}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
          {drawn.rows.length > ROWS_SHOWN && <p>The first {ROWS_SHOWN}; all of them are in the CSV.</p>}
        </section>
      )}
    </details>
  );
}
