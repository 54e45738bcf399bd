// Moving about in plots that show the same stretch of time: by the pointer, by keys, by buttons.
import type uPlot from 'uplot';

export interface View {
  range: () => [number, number];
  /** The pointer was drawn along since it was pressed: what follows is no click. */
  moved: () => boolean;
}

const STEP = 0.2;
const ZOOM = 1.6;
const DRAWN_PX = 4;
/** At most so many times as near as the whole. */
const NEAREST = 100_000;

/** `onMove` is called before another stretch is drawn, and can give plots other data for it. */
export function moveAbout(
  element: HTMLElement,
  plots: readonly uPlot[],
  whole: [number, number],
  onMove: (range: [number, number]) => void,
): View {
  let [min, max] = whole;
  let frame = 0;
  const show = () => {
    frame = 0;
    onMove([min, max]);
    for (const plot of plots) plot.setScale('x', { min, max });
  };
  const go = (from: number, length: number) => {
    const all = whole[1] - whole[0];
    const wide = Math.min(all, Math.max(all / NEAREST, length));
    min = Math.min(Math.max(from, whole[0]), whole[1] - wide);
    max = min + wide;
    if (frame === 0) frame = requestAnimationFrame(show);
  };
  const pan = (part: number) => go(min + part * (max - min), max - min);
  /** What is at `part` of the width stays there. */
  const zoom = (times: number, part = 0.5) => {
    const length = (max - min) / times;
    go(min + part * (max - min - length), length);
  };
  const acts: Record<string, () => void> = {
    ArrowLeft: () => pan(-STEP),
    ArrowRight: () => pan(STEP),
    '+': () => zoom(ZOOM),
    '=': () => zoom(ZOOM),
    '-': () => zoom(1 / ZOOM),
    '0': () => go(whole[0], whole[1] - whole[0]),
    Home: () => go(whole[0], max - min),
    End: () => go(whole[1], max - min),
  };

  const tools = document.createElement('div');
  tools.className = 'tools';
  const buttons: [string, string, string][] = [
    ['−', 'Show more time', '-'],
    ['+', 'Show less time', '+'],
    ['◂', 'Earlier', 'ArrowLeft'],
    ['▸', 'Later', 'ArrowRight'],
    ['All', 'Show all', '0'],
  ];
  for (const [sign, name, key] of buttons) {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'secondary small';
    button.textContent = sign;
    button.title = name;
    button.setAttribute('aria-label', name);
    button.addEventListener('click', () => acts[key]?.());
    tools.append(button);
  }
  element.prepend(tools);
  element.addEventListener('keydown', (event) => {
    const act = event.ctrlKey || event.metaKey || event.altKey ? undefined : acts[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });

  let pressed: { x: number; min: number } | null = null;
  let drawn = 0;
  for (const { over } of plots) {
    over.style.touchAction = 'pan-y';
    over.addEventListener('pointerdown', (event) => {
      if (event.button !== 0) return;
      pressed = { x: event.clientX, min };
      drawn = 0;
    });
    over.addEventListener('pointermove', (event) => {
      if (!pressed) return;
      const by = event.clientX - pressed.x;
      drawn = Math.max(drawn, Math.abs(by));
      if (drawn < DRAWN_PX) return;
      if (!over.hasPointerCapture(event.pointerId)) over.setPointerCapture(event.pointerId);
      go(pressed.min - (by / over.clientWidth) * (max - min), max - min);
    });
    const release = () => {
      pressed = null;
    };
    over.addEventListener('pointerup', release);
    over.addEventListener('pointercancel', release);
    // Without Ctrl the wheel moves the page.
    over.addEventListener(
      'wheel',
      (event) => {
        if (event.ctrlKey) zoom(event.deltaY < 0 ? ZOOM : 1 / ZOOM, event.offsetX / over.clientWidth);
        else if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) pan(event.deltaX / over.clientWidth);
        else return;
        event.preventDefault();
      },
      { passive: false },
    );
  }
  return { range: () => [min, max], moved: () => drawn >= DRAWN_PX };
}
