// biome-ignore-all lint/a11y/useFocusableInteractive: in a grid its cells have the focus, one at a time
// biome-ignore-all lint/a11y/useSemanticElements: only what is in sight is there, at its place, which no table can do
// biome-ignore-all lint/a11y/useKeyWithMouseEvents: what the pointer is told is the label of what has the focus
// Cells x blocks, each with a sign for its run that leads to it. Only what is in sight is in the page, so that
// 100,000 runs are as quick as ten. Arrow keys move, Enter opens.
import { useMemo, useRef, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { SIGNS, toneOf } from '../components/Badge';
import { count, levels, plural } from '../components/format';
import { link } from '../router/links';
import { type Grid, moved, newestOf, tally, wordOf } from './grid';
import { HEAD, SIDE, STRETCH, useSight } from './sight';

type At = readonly [cell: number, block: number];

const upTo = (from: number, to: number) => Array.from({ length: Math.max(0, to - from) }, (_, n) => from + n);
const signOf = (word: string) => (word === 'not begun' ? '·' : SIGNS[toneOf(word)]);
const nameOf = (grid: Grid, cell: number) => {
  const own = grid.levels?.[cell];
  return `${cell}${own && Object.keys(own).length > 0 ? `: ${levels(own)}` : ''}`;
};
const elementOf = ({ target }: Event) =>
  target instanceof Element ? target.closest<HTMLElement>('[data-at]') : null;
const placeOf = (element: HTMLElement): At => {
  const [cell = 0, block = 0] = (element.dataset.at ?? '').split(' ').map(Number);
  return [cell, block];
};

export function RunGrid({ grid }: { grid: Grid }) {
  const newest = useMemo(() => newestOf(grid), [grid]);
  const words = useMemo(() => tally(grid, newest), [grid, newest]);
  const box = useRef<HTMLDivElement>(null);
  const { sight, reveal } = useSight(box);
  const [at, setAt] = useState<At>([0, 0]);
  const { route } = useLocation();
  const { cells, blocks } = grid;

  const open = ([cell, block]: At) => {
    const run = grid.runs.run[newest[cell * blocks + block] ?? -1];
    if (run) route(link.run(run));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const next = moved(event.key, at, cells, blocks);
    if (next) {
      event.preventDefault();
      reveal(...next);
      setAt(next);
      requestAnimationFrame(() =>
        box.current
          ?.querySelector<HTMLElement>(`[data-at="${next.join(' ')}"]`)
          ?.focus({ preventScroll: true }),
      );
    } else if (event.key === 'Enter') open(at);
  };

  const rows = upTo(Math.max(0, sight.top), Math.min(cells, sight.bottom));
  // What has the focus stays in the page, wherever it is scrolled to.
  if (!rows.includes(at[0]) && at[0] < cells) rows.push(at[0]);
  const stretches = upTo(Math.max(0, sight.left), Math.min(Math.ceil(blocks / STRETCH), sight.right));

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
        onClick={(event) => {
          const element = elementOf(event);
          if (element) open(placeOf(element));
        }}
        onFocusIn={(event) => {
          const element = elementOf(event);
          if (element) setAt(placeOf(element));
        }}
        onMouseOver={(event) => {
          const element = elementOf(event);
          if (element) element.title = element.getAttribute('aria-label') ?? '';
        }}
      >
        <div class="grid-inner" role="presentation" style={{ height: `${cells * SIDE + HEAD}px` }}>
          <Heads grid={grid} first={stretches[0] ?? 0} n={stretches.length} />
          {rows.map((cell) => (
            <Row
              key={cell}
              grid={grid}
              newest={newest}
              cell={cell}
              first={stretches[0] ?? 0}
              n={stretches.length}
              current={at[0] === cell ? at[1] : null}
            />
          ))}
        </div>
      </div>
    </>
  );
}

interface HeadsProps {
  grid: Grid;
  /** Stretches of blocks. */
  first: number;
  n: number;
}

interface RowProps extends HeadsProps {
  newest: Int32Array;
  cell: number;
  /** The block that has the focus in this row. */
  current: number | null;
}

const blocksOf = (grid: Grid, stretch: number) =>
  upTo(stretch * STRETCH, Math.min(grid.blocks, (stretch + 1) * STRETCH));
const leftOf = (stretch: number) => ({ left: `${stretch * STRETCH * SIDE}px` });

function Heads({ grid, first, n }: HeadsProps) {
  return useMemo(
    () => (
      <div class="grid-head" role="row" aria-rowindex={1}>
        <span class="grid-name" role="columnheader" aria-colindex={1}>
          Cell
        </span>
        <div class="grid-cells" role="presentation" style={{ width: `${grid.blocks * SIDE}px` }}>
          {upTo(first, first + n).map((stretch) => (
            <div key={stretch} class="stretch" role="presentation" style={leftOf(stretch)}>
              {blocksOf(grid, stretch).map((block) => (
                <span
                  key={block}
                  role="columnheader"
                  aria-colindex={block + 2}
                  aria-label={block < grid.warmup ? `Block ${block}, warm-up` : `Block ${block}`}
                >
                  {block < grid.warmup ? 'w' : block}
                </span>
              ))}
            </div>
          ))}
        </div>
      </div>
    ),
    [grid, first, n],
  );
}

/** What is the same as before is not made again: most scrolling brings a row or a stretch. */
function Row({ grid, newest, cell, first, n, current }: RowProps) {
  return useMemo(() => {
    const stretches = upTo(first, first + n);
    const focused = current === null ? null : Math.floor(current / STRETCH);
    if (focused !== null && !stretches.includes(focused)) stretches.push(focused);
    return (
      <div class="grid-row" role="row" aria-rowindex={cell + 2} style={{ top: `${HEAD + cell * SIDE}px` }}>
        <span class="grid-name" role="rowheader" aria-colindex={1} title={nameOf(grid, cell)}>
          {nameOf(grid, cell)}
        </span>
        <div class="grid-cells" role="presentation" style={{ width: `${grid.blocks * SIDE}px` }}>
          {stretches.map((stretch) => (
            <Stretch
              key={stretch}
              grid={grid}
              newest={newest}
              cell={cell}
              stretch={stretch}
              current={stretch === focused ? current : null}
            />
          ))}
        </div>
      </div>
    );
  }, [grid, newest, cell, first, n, current]);
}

function Stretch({
  grid,
  newest,
  cell,
  stretch,
  current,
}: Pick<RowProps, 'grid' | 'newest' | 'cell' | 'current'> & { stretch: number }) {
  return useMemo(
    () => (
      <div class="stretch" role="presentation" style={leftOf(stretch)}>
        {blocksOf(grid, stretch).map((block) => {
          const n = newest[cell * grid.blocks + block] ?? -1;
          const word = wordOf(grid, n);
          const attempt = grid.runs.attempt[n] ?? 1;
          const of = n < 0 ? '' : `, run ${grid.runs.run[n]}${attempt > 1 ? `, attempt ${attempt}` : ''}`;
          return (
            <span
              key={block}
              role="gridcell"
              aria-colindex={block + 2}
              aria-label={`Cell ${cell}, block ${block}: ${word}${of}`}
              tabIndex={block === current ? 0 : -1}
              data-at={`${cell} ${block}`}
              class={`badge ${toneOf(word)}${n < 0 ? '' : ' run'}${attempt > 1 ? ' again' : ''}`}
            >
              {signOf(word)}
            </span>
          );
        })}
      </div>
    ),
    [grid, newest, cell, stretch, current],
  );
}
