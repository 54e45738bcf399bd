// The cells of a metric against each other: ratios or differences with their intervals, distributions, boxes,
// and what the factors do.
import { useMemo, useState } from 'preact/hooks';
import {
  type Analysis,
  axisLabel,
  cellName,
  compared,
  effectRows,
  type Links,
  type Metric,
  samples,
  type Values,
} from '../charts/analysed';
import { Figure } from '../charts/Figure';
import { Empty } from '../components/boxes';
import { percent, plural } from '../components/format';
import { Section } from '../components/Page';
import { ROWS_SHOWN } from './Estimates';

const loadIntervals = () => import('../charts/intervals').then((m) => m.intervals);
const loadEcdf = () => import('../charts/ecdf').then((m) => m.ecdf);
const loadBoxes = () => import('../charts/boxes').then((m) => m.boxes);
const loadEffects = () => import('../charts/effects').then((m) => m.effects);
/** As many as can be told apart in one drawing. */
const CHOSEN_MOST = 8;
const SENTENCES = 30;

interface Props {
  analysis: Analysis;
  metric: Metric;
  values: Values | null;
  links: Links;
}

export function Comparisons({ analysis, metric, values, links }: Props) {
  const ratios = useMemo(() => compared(analysis, metric, 'ratio', links), [analysis, metric, links]);
  const differences = useMemo(
    () => compared(analysis, metric, 'difference', links),
    [analysis, metric, links],
  );
  const ratioOptions = useMemo(
    () => ({
      label: `${metric.name}, times that of the reference`,
      rule: 1,
      log: true,
      band:
        metric.margin === null
          ? undefined
          : ([1 / (1 + metric.margin), 1 + metric.margin] as [number, number]),
    }),
    [metric],
  );
  const differenceOptions = useMemo(
    () => ({ label: `${axisLabel(metric)}, less that of the reference`, rule: 0 }),
    [metric],
  );
  if (metric.comparisons.length === 0)
    return <Empty>There is nothing to compare: one cell, or no runs yet.</Empty>;
  const first = metric.comparisons.slice(0, SENTENCES);
  return (
    <>
      {[
        { rows: ratios, options: ratioOptions, what: 'ratios' },
        { rows: differences, options: differenceOptions, what: 'differences' },
      ].map(
        ({ rows, options, what }) =>
          rows.length > 0 && (
            <Compared key={what} metric={metric} rows={rows} options={options} what={what} />
          ),
      )}
      <details open={first.length <= 6}>
        <summary>In words</summary>
        <ul>
          {first.map((c) => (
            <li key={c.sentence}>{c.sentence}</li>
          ))}
        </ul>
        {metric.comparisons.length > SENTENCES && (
          <p>And {plural(metric.comparisons.length - SENTENCES, 'comparison')} more, in the report.</p>
        )}
      </details>
      <Spreads analysis={analysis} metric={metric} values={values} links={links} />
    </>
  );
}

interface ComparedProps {
  metric: Metric;
  rows: ReturnType<typeof compared>;
  options: { label: string; rule: number; log?: boolean; band?: [number, number] };
  what: string;
}

function Compared({ metric, rows, options, what }: ComparedProps) {
  const shown = useMemo(() => rows.slice(0, ROWS_SHOWN), [rows]);
  const margin = options.band ? ` The band is the margin of ${percent(metric.margin ?? 0)}.` : '';
  const left = rows.length - shown.length;
  return (
    <Figure
      title={`${metric.name}: ${what}, with their intervals`}
      caption={`The broken line is where nothing differs.${margin} A triangle is better, a square worse, a circle neither or not resolved.${left > 0 ? ` The first ${ROWS_SHOWN} of ${rows.length}.` : ''}`}
      name={`${metric.name}-${what}`}
      load={loadIntervals}
      data={shown}
      options={options}
    />
  );
}

function Spreads({ analysis, metric, values, links }: Props) {
  const cells = analysis.cells.map((c) => c.cell);
  const [chosen, setChosen] = useState<readonly number[]>(cells.slice(0, CHOSEN_MOST));
  const data = useMemo(
    () => samples(analysis, metric, values, chosen, links),
    [analysis, metric, values, chosen, links],
  );
  const options = useMemo(() => ({ label: axisLabel(metric) }), [metric]);
  return (
    <>
      {cells.length > CHOSEN_MOST && (
        <CellChoice analysis={analysis} cells={cells} chosen={chosen} choose={setChosen} />
      )}
      <div class="columns">
        <Figure
          title={`${metric.name}: distributions`}
          caption="For each value the share of the runs that have at most that. Each sign is a run, and leads to it."
          name={`${metric.name}-ecdf`}
          load={loadEcdf}
          data={data}
          options={options}
        />
        <Figure
          title={`${metric.name}: boxes`}
          caption="Median and quartiles; lines reach to the last run within 1.5 times the box's width. Each circle is a run, and leads to it."
          name={`${metric.name}-boxes`}
          load={loadBoxes}
          data={data}
          options={options}
        />
      </div>
    </>
  );
}

interface ChoiceProps {
  analysis: Analysis;
  cells: readonly number[];
  chosen: readonly number[];
  choose: (cells: readonly number[]) => void;
}

function CellChoice({ analysis, cells, chosen, choose }: ChoiceProps) {
  return (
    <details class="menu left">
      <summary>
        {chosen.length} of {plural(cells.length, 'cell')} shown
      </summary>
      <fieldset class="items high">
        <legend class="hidden">Cells that are shown, at most {CHOSEN_MOST}</legend>
        {cells.map((cell) => {
          const on = chosen.includes(cell);
          return (
            <label key={cell}>
              <input
                type="checkbox"
                checked={on}
                disabled={!on && chosen.length >= CHOSEN_MOST}
                onChange={() =>
                  choose(on ? chosen.filter((c) => c !== cell) : [...chosen, cell].sort((a, b) => a - b))
                }
              />
              {cellName(analysis, cell)}
            </label>
          );
        })}
      </fieldset>
    </details>
  );
}

export function Effects({ metric }: { metric: Metric }) {
  const data = useMemo(() => effectRows(metric), [metric]);
  const options = useMemo(() => ({}), []);
  if (!metric.effects || data.length === 0) return null;
  const { withinBlocks, balanced } = metric.effects;
  return (
    <Section title="Effects">
      <Figure
        title={`${metric.name}: what goes with which factor`}
        caption={`Shares of the variance of ranks${withinBlocks ? ', of values relative to their block' : ''}. ${balanced ? '' : 'Cells have different numbers of runs: the order of the factors matters. '}A share is no proof: p is told where there is a test.`}
        name={`${metric.name}-effects`}
        load={loadEffects}
        data={data}
        options={options}
      />
    </Section>
  );
}
