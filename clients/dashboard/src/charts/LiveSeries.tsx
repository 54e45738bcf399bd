// Values that go on coming, by uPlot: cheap enough to draw anew each second.
import { useEffect, useRef, useState } from 'preact/hooks';
import type uPlot from 'uplot';

export interface Series {
  label: string;
  values: readonly (number | null)[];
}

interface Props {
  title: string;
  unit: string;
  /** Seconds since 1970, or since the beginning where `clock` is not set. */
  times: readonly number[];
  series: readonly Series[];
  clock?: boolean;
  height?: number;
}

export function LiveSeries({ title, unit, times, series, clock = false, height = 160 }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const [lib, setLib] = useState<{ make: typeof uPlot } | null>(null);
  const shape = series.map((s) => s.label).join('\n');

  useEffect(() => {
    void import('./uplot').then((m) => setLib({ make: m.default }));
  }, []);

  useEffect(() => {
    const box = place.current;
    if (!lib || !box) return;
    const css = getComputedStyle(box);
    const ink = css.color;
    const grid = { stroke: css.getPropertyValue('--line'), width: 1 };
    const axis = { stroke: ink, grid, ticks: grid };
    plot.current = new lib.make(
      {
        width: box.clientWidth,
        height,
        scales: { x: { time: clock }, y: { range: (_u, _min, max) => [0, max > 0 ? max * 1.05 : 1] } },
        axes: [axis, { ...axis, label: unit, labelSize: 18, size: 52 }],
        series: [
          { label: clock ? 'time' : 's' },
          ...series.map((s, n) => ({
            label: s.label,
            stroke: css.getPropertyValue(`--series-${(n % 8) + 1}`),
            width: 1.5,
          })),
        ],
      },
      [[], ...series.map(() => [])],
      box,
    );
    const watch = new ResizeObserver(() => plot.current?.setSize({ width: box.clientWidth, height }));
    watch.observe(box);
    return () => {
      watch.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
  }, [lib, shape, unit, clock, height]);

  useEffect(() => {
    plot.current?.setData([times as number[], ...series.map((s) => s.values as (number | null)[])]);
  }, [lib, shape, times, series]);

  const newest = series
    .map((s) => `${s.label} ${s.values[s.values.length - 1] ?? 'none'} ${unit}`)
    .join(', ');
  return (
    <figure class="chart">
      <strong>{title}</strong>
      <div class="drawing" ref={place} role="img" aria-label={`${title}. Newest: ${newest}`} />
    </figure>
  );
}
