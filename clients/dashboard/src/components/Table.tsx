// A table of any length: only the rows that are seen are in the page. Sorted by its heads, filtered by
// words. Where more is to be had than is here, it asks for it when its end comes near.
import { elementScroll, observeElementOffset, observeElementRect, Virtualizer } from '@tanstack/virtual-core';
import type { ComponentChildren } from 'preact';
import { useEffect, useMemo, useReducer, useRef, useState } from 'preact/hooks';
import { count, plural } from './format';
import { type Cell, compare, matches } from './order';

export interface Column<T> {
  name: string;
  /** What it is sorted and filtered by, and what is shown where there is no `show`. */
  value: (row: T) => Cell;
  show?: (row: T) => ComponentChildren;
  /** Figures: to the right, in figures of one width. */
  figures?: boolean;
  /** Wide texts are cut to this many characters' width, and whole on hover. */
  width?: number;
  /** They are shown whole, in several lines. Not in tables of so many rows that some are out of sight. */
  wraps?: boolean;
}

interface Props<T> {
  /** What it is a table of; its name for screen readers. */
  label: string;
  rows: readonly T[];
  columns: readonly Column<T>[];
  /** Of a row; without it, its `id`. */
  id?: (row: T) => string;
  /** There are more rows, and how to get them. */
  more?: boolean;
  extend?: () => void;
  extendAll?: () => void;
  /** No box for words above it. */
  plain?: boolean;
  sort?: { column: string; descending: boolean };
  /** Id of a row that is scrolled to and set off, as soon as it is another than before. */
  marked?: string | null;
  /** Beside the box for words. */
  tools?: ComponentChildren;
}

const ROW_PX = 38;
/** Shorter tables are as high as they are. */
const VIRTUAL_FROM = 60;

export function Table<T>(props: Props<T>) {
  const { rows, columns, label, more = false, extend } = props;
  const id = props.id ?? ((row: T) => String((row as { id?: unknown }).id));
  const [words, setWords] = useState('');
  const [sort, setSort] = useState(props.sort ?? null);

  const shown = useMemo(() => {
    let out: readonly T[] = rows;
    if (words.trim() !== '')
      out = out.filter((row) =>
        matches(
          words.trim(),
          columns.map((c) => c.value(row)),
        ),
      );
    const by = sort && columns.find((c) => c.name === sort.column);
    if (!by) return out;
    const keyed = out.map((row, place) => ({ row, place, key: by.value(row) }));
    keyed.sort((a, b) => compare(a.key, b.key, sort.descending) || a.place - b.place);
    return keyed.map((k) => k.row);
  }, [rows, words, sort, columns]);

  const turn = (column: string) =>
    setSort((old) => {
      if (old?.column !== column) return { column, descending: false };
      return old.descending ? null : { column, descending: true };
    });

  return (
    <div class="table">
      {(!props.plain || props.tools) && (
        <div class="tools">
          {!props.plain && (
            <input
              type="search"
              placeholder="Filter"
              aria-label={`Filter ${label}`}
              value={words}
              onInput={(e) => setWords(e.currentTarget.value)}
            />
          )}
          {props.tools}
          <span class="muted small" role="status">
            {words.trim() === ''
              ? plural(rows.length, 'row')
              : `${count(shown.length)} of ${plural(rows.length, 'row')}`}
            {more && ' so far'}
          </span>
          {more && (
            <span class="tools">
              <button type="button" class="secondary small" onClick={extend}>
                More
              </button>
              {props.extendAll && (
                <button type="button" class="secondary small" onClick={props.extendAll}>
                  All
                </button>
              )}
            </span>
          )}
        </div>
      )}
      <Body
        label={label}
        rows={shown}
        columns={columns}
        id={id}
        sort={sort}
        turn={turn}
        more={more}
        extend={extend}
        marked={props.marked ?? null}
      />
    </div>
  );
}

interface BodyProps<T> {
  label: string;
  rows: readonly T[];
  columns: readonly Column<T>[];
  id: (row: T) => string;
  sort: { column: string; descending: boolean } | null;
  turn: (column: string) => void;
  more: boolean;
  extend?: () => void;
  marked: string | null;
}

function Body<T>({ label, rows, columns, id, sort, turn, more, extend, marked }: BodyProps<T>) {
  const box = useRef<HTMLElement>(null);
  const long = rows.length > VIRTUAL_FROM;
  const window = useWindow(box, rows.length, long);
  const seen = long ? window.items : rows.map((_, index) => ({ index, start: 0, end: 0 }));
  const before = long ? (seen[0]?.start ?? 0) : 0;
  const after = long ? window.total - (seen[seen.length - 1]?.end ?? 0) : 0;
  const end = (seen[seen.length - 1]?.index ?? 0) >= rows.length - 30;

  useEffect(() => {
    if (long && more && end) extend?.();
  }, [long, more, end, extend]);

  useEffect(() => {
    const place = marked === null ? -1 : rows.findIndex((row) => id(row) === marked);
    if (place < 0) return;
    // The head of the table covers the first row's height.
    box.current?.scrollTo({ top: Math.max(0, (place - 2) * ROW_PX) });
  }, [marked]);

  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and must do so by keys too
    <section class={long ? 'rows long' : 'rows'} ref={box} aria-label={label} tabIndex={0}>
      <table aria-rowcount={more ? -1 : rows.length + 1}>
        <thead>
          <tr aria-rowindex={1}>
            {columns.map((c) => {
              const on = sort?.column === c.name;
              const order = on ? (sort.descending ? 'descending' : 'ascending') : 'none';
              return (
                <th key={c.name} scope="col" aria-sort={order} class={c.figures ? 'figures' : undefined}>
                  <button type="button" onClick={() => turn(c.name)}>
                    {c.name}
                    <span aria-hidden="true">{on ? (sort.descending ? ' ▾' : ' ▴') : ''}</span>
                  </button>
                </th>
              );
            })}
          </tr>
        </thead>
        <tbody>
          {before > 0 && <Gap px={before} columns={columns.length} />}
          {seen.map(({ index }) => {
            const row = rows[index];
            if (row === undefined) return null;
            return (
              <tr
                key={id(row)}
                aria-rowindex={index + 2}
                aria-current={id(row) === marked ? 'true' : undefined}
              >
                {columns.map((c) => (
                  <Data key={c.name} column={c} row={row} />
                ))}
              </tr>
            );
          })}
          {after > 0 && <Gap px={after} columns={columns.length} />}
        </tbody>
      </table>
    </section>
  );
}

function Data<T>({ column, row }: { column: Column<T>; row: T }) {
  const value = column.value(row);
  const shown = column.show ? column.show(row) : (value ?? <span class="muted">–</span>);
  if (column.width === undefined)
    return <td class={column.figures ? 'figures' : column.wraps ? 'wrap' : undefined}>{shown}</td>;
  return (
    <td>
      <div
        class="cut"
        style={{ maxWidth: `${column.width}ch` }}
        title={typeof value === 'string' ? value : undefined}
      >
        {shown}
      </div>
    </td>
  );
}

const Gap = ({ px, columns }: { px: number; columns: number }) => (
  <tr class="gap">
    <td colSpan={columns} style={{ height: `${px}px` }} />
  </tr>
);

/** Which rows are in sight. */
function useWindow(box: { current: HTMLElement | null }, length: number, on: boolean) {
  const [, redraw] = useReducer((n: number) => n + 1, 0);
  const virtual = useRef<Virtualizer<HTMLElement, Element> | null>(null);
  const options = {
    count: on ? length : 0,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_PX,
    overscan: 5,
    scrollToFn: elementScroll,
    observeElementRect,
    observeElementOffset,
    onChange: () => redraw(0),
  };
  virtual.current ??= new Virtualizer<HTMLElement, Element>(options);
  virtual.current.setOptions(options);
  useEffect(() => virtual.current?._didMount(), []);
  useEffect(() => virtual.current?._willUpdate());
  return { items: virtual.current.getVirtualItems(), total: virtual.current.getTotalSize() };
}
