// Two objectives against each other.
import { useMemo, useState } from 'preact/hooks';
import { type Analysis, candidates, type Links } from '../charts/analysed';
import { Figure } from '../charts/Figure';
import { count } from '../components/format';
import { Section } from '../components/Page';

const loadPareto = () => import('../charts/pareto').then((m) => m.pareto);

export function Tradeoff({ analysis, links }: { analysis: Analysis; links: Links }) {
  const names = analysis.pareto?.objectives.map((o) => o.metric) ?? [];
  const [pair, setPair] = useState<readonly [string, string]>([names[0] ?? '', names[1] ?? '']);
  const [x, y] = pair.map((name) => analysis.metrics.find((m) => m.name === name));
  const made = useMemo(() => (x && y ? candidates(analysis, x, y, links) : null), [analysis, x, y, links]);
  if (!analysis.pareto || !made) return null;
  const { draws, byBlock } = analysis.pareto;
  const select = (label: string, place: 0 | 1) => (
    <label>
      {label}{' '}
      <select
        value={pair[place]}
        onChange={(e) =>
          setPair(place === 0 ? [e.currentTarget.value, pair[1]] : [pair[0], e.currentTarget.value])
        }
      >
        {names
          .filter((name) => name !== pair[1 - place])
          .map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
      </select>
    </label>
  );
  return (
    <Section title="Trade-off">
      {names.length > 2 && (
        <div class="line">
          {select('Across', 0)} {select('Upwards', 1)}
        </div>
      )}
      <Figure
        title={`Pareto front of ${names.join(', ')}`}
        caption={`Medians with their intervals. The figure beside a cell is the share of ${count(draws)} resamples${byBlock ? ' of blocks' : ''} in which it is on the front${names.length > 2 ? ' of all objectives; the broken line is of these two alone' : ''}.`}
        name="pareto"
        load={loadPareto}
        data={made.data}
        options={made.axes}
      />
    </Section>
  );
}
