// uPlot, for what a canvas draws faster than SVG: values that go on coming, thousands of jobs. Its charts are
// functions as the others; what is particular to a canvas is here.
import 'uplot/dist/uPlot.min.css';
import type uPlot from 'uplot';

export { default } from 'uplot';

/** A canvas can't use CSS variables: this gives what they come to, in light and in dark. */
export interface Inks {
  of: (name: string) => string;
  done: () => void;
}

export function inksOf(onChange: () => void): Inks {
  const known = new Map<string, string>();
  const probe = document.createElement('span');
  probe.hidden = true;
  document.body.append(probe);
  const change = () => {
    known.clear();
    onChange();
  };
  const theme = new MutationObserver(change);
  theme.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
  const system = matchMedia('(prefers-color-scheme: dark)');
  system.addEventListener('change', change);
  return {
    of: (name) => {
      let ink = known.get(name);
      if (ink === undefined) {
        probe.style.color = name;
        ink = getComputedStyle(probe).color;
        known.set(name, ink);
      }
      return ink;
    },
    done: () => {
      probe.remove();
      theme.disconnect();
      system.removeEventListener('change', change);
    },
  };
}

/** The same on all: their plots are one below the other. */
export const AXIS_PX = 62;

export function axes(inks: Inks, x: Partial<uPlot.Axis> = {}, y: Partial<uPlot.Axis> = {}): uPlot.Axis[] {
  const lines = { stroke: () => inks.of('var(--line)'), width: 1 };
  const axis: uPlot.Axis = {
    stroke: () => inks.of('currentColor'),
    grid: lines,
    ticks: lines,
    font: '12px system-ui, sans-serif',
    labelFont: '12px system-ui, sans-serif',
  };
  return [
    { ...axis, size: 34, ...x },
    { ...axis, size: AXIS_PX, labelSize: 16, ...y },
  ];
}
