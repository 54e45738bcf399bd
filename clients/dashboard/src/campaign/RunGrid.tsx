// biome-ignore-all lint/a11y/useFocusableInteractive: in a grid its cells have the focus, one at a time
// biome-ignore-all lint/a11y/useSemanticElements: only what is in sight is there, at its place, which no table can do
// Cells x blocks, each with a sign for its run that leads to it. Only what is in sight is in the page, so that
// 100,000 runs are as quick as ten. Arrow keys move, Enter opens.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { SIGNS, toneOf } from '../components/Badge';
import { count, levels, plural } from '../components/format';
import { link } from '../router/links';
import { type Grid, moved, type Place, placesOf, tally } from './grid';

const SIDE = 30;
const HEAD = 26;
const BEYOND = 4;

interface Seen {
  top: number;
  left: number;
  width: number;
  height: number;
}

const range = (from: number, px: number, all: number) => {
  const first = Math.max(0, Math.floor(from / SIDE) - BEYOND);
  const last = Math.min(all, Math.ceil((from + px) / SIDE) + 2 * BEYOND);
  return Array.from({ length: Math.max(0, last - first) }, (_, n) => first + n);
};

export function RunGrid({ grid }: { grid: Grid }) {
  const places = useMemo(() => placesOf(grid), [grid]);
  const words = useMemo(() => tally(places, grid.cells * grid.blocks), [places, grid]);
  const box = useRef<HTMLDivElement>(null);
  const [seen, setSeen] = useState<Seen>({ top: 0, left: 0, width: 1200, height: 500 });
  const [at, setAt] = useState<readonly [number, number]>([0, 0]);
  const { route } = useLocation();
  const { cells, blocks } = grid;

  useEffect(() => {
    const place = box.current;
    if (!place) return;
    // In steps of some cells: most scrolling needs nothing new.
    const step = (px: number) => Math.floor(px / (SIDE * BEYOND)) * SIDE * BEYOND;
    const look = () =>
      setSeen((old) => {
        const top = step(place.scrollTop);
        const left = step(place.scrollLeft);
        const same = old.width === place.clientWidth && old.height === place.clientHeight;
        if (same && old.top === top && old.left === left) return old;
        return { top, left, width: place.clientWidth, height: place.clientHeight };
      });
    const watch = new ResizeObserver(look);
    watch.observe(place);
    place.addEventListener('scroll', look, { passive: true });
    return () => {
      watch.disconnect();
      place.removeEventListener('scroll', look);
    };
  }, []);

  const focus = ([row, column]: readonly [number, number]) => {
    const place = box.current;
    if (!place) return;
    const names = nameWidth(place);
    const reveal = (from: number, side: number, head: number, start: number) => {
      if (start < from) return start;
      return start + SIDE > from + side - head ? start + SIDE - side + head : from;
    };
    place.scrollTop = reveal(place.scrollTop, place.clientHeight, HEAD, row * SIDE);
    place.scrollLeft = reveal(place.scrollLeft, place.clientWidth, names, column * SIDE);
    setAt([row, column]);
    setSeen((old) => ({ ...old, top: place.scrollTop, left: place.scrollLeft }));
    requestAnimationFrame(() =>
      place.querySelector<HTMLElement>(`[data-at="${row} ${column}"]`)?.focus({ preventScroll: true }),
    );
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const next = moved(event.key, at, cells, blocks);
    if (next) {
      event.preventDefault();
      focus(next);
      return;
    }
    const place = places.get(at[0] * blocks + at[1]);
    if (event.key === 'Enter' && place) route(link.run(place.run));
  };

  const rows = range(seen.top, seen.height, cells);
  // What has the focus stays in the page, wherever it is scrolled to.
  if (!rows.includes(at[0]) && at[0] < cells) rows.push(at[0]);
  const columns = range(seen.left, seen.width, blocks);
  if (!columns.includes(at[1]) && at[1] < blocks) columns.push(at[1]);

  return (
    <>
      <p class="legend">
        {words.map(([word, n]) => (
          <span key={word} class={`badge ${toneOf(word)}`}>
            <span aria-hidden="true">{signOf(word)}</span> {word} {count(n)}
          </span>
        ))}
      </p>
      <div
        class="grid"
        ref={box}
        role="grid"
        aria-label={`Runs: ${plural(cells, 'cell')} by ${plural(blocks, 'block')}`}
        aria-rowcount={cells + 1}
        aria-colcount={blocks + 1}
        style={{ height: `${Math.min(cells * SIDE + HEAD + 18, 520)}px` }}
        onKeyDown={onKeyDown}
      >
        <div class="grid-inner" role="presentation" style={{ height: `${cells * SIDE + HEAD}px` }}>
          <div class="grid-head" role="row" aria-rowindex={1}>
            <span class="grid-name" role="columnheader" aria-colindex={1}>
              Cell
            </span>
            <div class="grid-cells" role="presentation" style={{ width: `${blocks * SIDE}px` }}>
              {columns.map((block) => (
                <span
                  key={block}
                  role="columnheader"
                  aria-colindex={block + 2}
                  aria-label={block < grid.warmup ? `Block ${block}, warm-up` : `Block ${block}`}
                  style={{ left: `${block * SIDE}px` }}
                >
                  {block < grid.warmup ? 'w' : block}
                </span>
              ))}
            </div>
          </div>
          {rows.map((cell) => (
            <div
              key={cell}
              class="grid-row"
              role="row"
              aria-rowindex={cell + 2}
              style={{ top: `${HEAD + cell * SIDE}px` }}
            >
              <span class="grid-name" role="rowheader" aria-colindex={1} title={nameOf(grid, cell)}>
                {nameOf(grid, cell)}
              </span>
              <div class="grid-cells" role="presentation" style={{ width: `${blocks * SIDE}px` }}>
                {columns.map((block) => (
                  <One
                    key={block}
                    place={places.get(cell * blocks + block)}
                    cell={cell}
                    block={block}
                    current={at[0] === cell && at[1] === block}
                    onFocus={() => setAt([cell, block])}
                    open={(run) => route(link.run(run))}
                  />
                ))}
              </div>
            </div>
          ))}
        </div>
      </div>
    </>
  );
}

const signOf = (word: string) => (word === 'not begun' ? '·' : SIGNS[toneOf(word)]);
const nameOf = (grid: Grid, cell: number) => {
  const own = grid.levels?.[cell];
  return `${cell}${own && Object.keys(own).length > 0 ? `: ${levels(own)}` : ''}`;
};
const nameWidth = (place: HTMLElement) => place.querySelector('.grid-name')?.clientWidth ?? 0;

interface OneProps {
  place: Place | undefined;
  cell: number;
  block: number;
  current: boolean;
  onFocus: () => void;
  open: (run: string) => void;
}

function One({ place, cell, block, current, onFocus, open }: OneProps) {
  const word = place?.word ?? 'not begun';
  const tried = place && place.attempt > 1 ? `, attempt ${place.attempt}` : '';
  const label = `Cell ${cell}, block ${block}: ${word}${place ? `, run ${place.run}` : ''}${tried}`;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Enter is the grid's
    <span
      role="gridcell"
      aria-colindex={block + 2}
      aria-label={label}
      title={label}
      tabIndex={current ? 0 : -1}
      data-at={`${cell} ${block}`}
      class={`badge ${toneOf(word)}${place ? ' run' : ''}${tried ? ' again' : ''}`}
      style={{ left: `${block * SIDE}px` }}
      onFocus={onFocus}
      onClick={() => place && open(place.run)}
    >
      {signOf(word)}
    </span>
  );
}
