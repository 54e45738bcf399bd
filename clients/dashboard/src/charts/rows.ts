// Charts of rows, one below the other: each has its name above it, so that the drawing has the whole width,
// on a phone too.
import * as Plot from '@observablehq/plot';

export interface Row {
  label: string;
  /** Its figures in words. */
  note: string;
  /** Where the row leads to. */
  href?: string;
}

/** A sign is about so wide. */
const SIGN_PX = 6.6;
const NARROW = 560;

/** As much of a text as fits. */
export function cut(text: string, px: number): string {
  const most = Math.max(4, Math.floor(px / SIGN_PX));
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}

/** Marks and scales for rows 0, 1, ...; what is drawn of a row is at its number, within 0.25 of it. */
export function framed(
  rows: readonly Row[],
  width: number,
): { marks: Plot.Markish[]; options: Plot.PlotOptions } {
  const narrow = width < NARROW;
  const noteOf = (row: Row) => cut(row.note, narrow ? width : width * 0.5);
  const room = (row: Row) => (narrow ? width : width - (noteOf(row).length + 3) * SIGN_PX);
  const place = (_: Row, index: number) => index;
  const href = rows.some((row) => row.href) ? (row: Row) => row.href ?? null : undefined;
  return {
    marks: [
      Plot.text(rows, {
        y: place,
        text: (row) => cut(row.label, room(row)),
        title: 'label',
        href,
        frameAnchor: 'left',
        textAnchor: 'start',
        dy: -19,
      }),
      Plot.text(rows, {
        y: place,
        text: noteOf,
        frameAnchor: narrow ? 'left' : 'right',
        textAnchor: narrow ? 'start' : 'end',
        fill: 'var(--muted)',
        dy: narrow ? 18 : -19,
      }),
    ],
    options: {
      width,
      height: rows.length * (narrow ? 64 : 50) + 62,
      marginLeft: 14,
      marginRight: 12,
      marginBottom: 36,
      y: { axis: null, domain: [rows.length - 0.45, -0.6] },
    },
  };
}

/** Where dots of one row go, so that equal values are seen apart: the same each time. */
export const spread = (place: number) => (((place * 0.618034) % 1) - 0.5) * 0.3;
