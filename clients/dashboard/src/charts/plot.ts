// Every chart is drawn by draw(): Observable Plot with this project's form. Charts are pure functions of
// data and options that give an element back, so that the report, one file on its own, is made of the
// same code. Colours are CSS variables (styles/charts.css): light and dark need no drawing again.
import * as Plot from '@observablehq/plot';

export interface ChartOptions {
  width: number;
  height?: number;
}

type Row = readonly (string | number | null)[];

/** What is drawn is also a table: it can be saved, and read where the drawing can't be seen. */
export interface Drawn<D = unknown> {
  element: SVGSVGElement | HTMLElement;
  columns: readonly string[];
  rows: readonly Row[];
  /** Of what is a canvas: what is seen of it as SVG, made when it is saved. */
  vector?: () => SVGSVGElement | HTMLElement;
  /** Shows newer data in the same element, and gives their rows; null where it has to be drawn anew. */
  update?: (data: D) => readonly Row[] | null;
  /** Has to be called when the element is taken out of the page. */
  done?: () => void;
}

export type Chart<D, O = unknown> = (data: D, options: ChartOptions & O) => Drawn<D>;

/** As many as charts have colours; what is more must be told apart otherwise. */
export const SERIES = [1, 2, 3, 4, 5, 6, 7, 8].map((n) => `var(--series-${n})`);

export function draw(options: Plot.PlotOptions): SVGSVGElement | HTMLElement {
  const element = Plot.plot({
    className: 'plot',
    marginTop: 24,
    style: {
      background: 'none',
      color: 'currentColor',
      fontFamily: 'inherit',
      fontSize: '12px',
      overflow: 'visible',
    },
    ...options,
    color: { range: SERIES, ...options.color },
  });
  // Plot's own rules are in styles/charts.css: the pages' policy forbids style elements.
  for (const style of element.querySelectorAll('style')) style.remove();
  // Names of groups without a role are not allowed; what the drawing shows is said by its figure.
  for (const group of element.querySelectorAll('g[aria-label]')) group.removeAttribute('aria-label');
  return element;
}
