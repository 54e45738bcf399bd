// A chart in a report: drawn to the width that there is, and saved as the pages save it.
import type { Chart } from '../charts/plot';
import { csvOf, savePng, saveText, svgText } from '../charts/save';

function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  text = '',
  className = '',
): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

/** One after the other, with the page free between them: a report opens at once however many it has. */
const waiting: (() => void)[] = [];
function inTurn(): void {
  waiting.shift()?.();
  if (waiting.length > 0) setTimeout(inTurn);
}
function later(work: () => void): void {
  waiting.push(work);
  if (waiting.length === 1) setTimeout(inTurn);
}

export interface Shown<D, O> {
  title: string;
  caption: string;
  /** Of the files that it is saved as. */
  name: string;
  draw: Chart<D, O>;
  data: D;
  options: O;
}

export function figure<D, O>({ title, caption, name, draw, data, options }: Shown<D, O>): HTMLElement {
  const out = element('figure', '', 'chart');
  const head = element('header');
  const place = element('div', '', 'drawing');
  const menu = element('details', '', 'menu');
  menu.append(element('summary', 'Save'));
  head.append(element('strong', title), menu);
  out.append(head, place, element('figcaption', caption));
  let drawn: ReturnType<Chart<D, O>> | null = null;
  let width = 0;
  const redraw = (px: number) => {
    if (px === 0 || px === width) return;
    width = px;
    drawn = draw(data, { width: px, ...options });
    drawn.element.setAttribute('role', 'img');
    drawn.element.setAttribute('aria-label', title);
    place.replaceChildren(drawn.element);
  };
  new ResizeObserver(([entry]) => {
    const px = Math.floor(entry?.contentRect.width ?? 0);
    later(() => redraw(px));
  }).observe(place);
  const item = (label: string, save: () => unknown) => {
    const button = element('button', label);
    button.type = 'button';
    button.addEventListener('click', () => {
      menu.open = false;
      save();
    });
    menu.append(button);
  };
  const picture = () => svgText(drawn?.element ?? place);
  item('SVG', () => saveText(picture(), 'image/svg+xml', `${name}.svg`));
  item('PNG', () => void savePng(picture(), `${name}.png`));
  item('CSV', () => {
    if (drawn) saveText(csvOf(drawn.columns, drawn.rows), 'text/csv', `${name}.csv`);
  });
  return out;
}
