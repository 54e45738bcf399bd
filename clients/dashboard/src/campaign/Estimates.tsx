// The cells of a metric: median, interval, and how far that is from the rule for stopping.
import { useMemo } from 'preact/hooks';
import type { Schemas } from '../api/client';
import {
  type Analysis,
  axisLabel,
  cellName,
  distances,
  estimates,
  type Links,
  type Metric,
  type Values,
} from '../charts/analysed';
import { Figure } from '../charts/Figure';
import { Badge } from '../components/Badge';
import { number, percent, quantity } from '../components/format';
import { type Column, Table } from '../components/Table';

const loadIntervals = () => import('../charts/intervals').then((m) => m.intervals);
/** Of a figure; tables have all of them. */
export const ROWS_SHOWN = 40;

interface Row {
  cell: number;
  name: string;
  n: number;
  median: number | null;
  low: number | null;
  high: number | null;
  coverage: number | null;
  mean: number | null;
  cv: number | null;
  half: number | null;
}

function rowsOf(analysis: Analysis, metric: Metric): Row[] {
  const wide = distances(metric);
  return metric.cells.map((c, n) => ({
    cell: c.cell,
    name: cellName(analysis, c.cell),
    n: c.n,
    median: c.median,
    low: c.interval?.low ?? null,
    high: c.interval?.high ?? null,
    coverage: c.interval?.coverage ?? null,
    mean: c.mean,
    cv: c.cv,
    half: wide[n]?.half ?? null,
  }));
}

interface Props {
  analysis: Analysis;
  metric: Metric;
  values: Values | null;
  until: Schemas['Campaign']['until'];
  links: Links;
  choose: (metric: string) => void;
}

export function Estimates({ analysis, metric, values, until, links, choose }: Props) {
  const rule = until?.metric === metric.name ? until : null;
  const goal = rule?.relativeHalfWidth ?? null;
  const rows = useMemo(() => rowsOf(analysis, metric), [analysis, metric]);
  const data = useMemo(
    () =>
      estimates(
        analysis,
        metric,
        values,
        metric.cells.slice(0, ROWS_SHOWN).map((c) => c.cell),
        links,
      ),
    [analysis, metric, values, links],
  );
  const options = useMemo(() => ({ label: axisLabel(metric) }), [metric]);
  const columns = useMemo(() => columnsOf(metric.unit, goal, links), [metric.unit, goal, links]);
  const left = metric.cells.length - ROWS_SHOWN;
  return (
    <>
      <Figure
        title={`${metric.name}: medians with their intervals`}
        caption={`Large signs are medians, lines their intervals of at least ${percent(analysis.confidence)}; small circles are runs, and lead to them.${left > 0 ? ` The first ${ROWS_SHOWN} cells; ${left} more are in the table.` : ''}`}
        name={`${metric.name}-cells`}
        load={loadIntervals}
        data={data}
        options={options}
      />
      {until && !rule && (
        <p class="small">
          The rule for stopping looks at{' '}
          <button type="button" class="link" onClick={() => choose(until.metric)}>
            {until.metric}
          </button>
          .
        </p>
      )}
      {rule && (
        <p>
          <Badge word={rule.met ? 'met' : 'not met'} /> The rule: half of each interval at most{' '}
          {percent(rule.relativeHalfWidth)} of its median.{' '}
          {rule.confidence !== null &&
            `At its last look, after ${rule.blocks} blocks, it asked for intervals of ${percent(rule.confidence, 6)}.`}
        </p>
      )}
      <Table
        label={`cells of ${metric.name}`}
        rows={rows}
        columns={columns}
        id={(row) => String(row.cell)}
        plain={rows.length < 20}
      />
    </>
  );
}

function columnsOf(unit: string, goal: number | null, links: Links): readonly Column<Row>[] {
  const value = (name: string, of: (row: Row) => number | null): Column<Row> => ({
    name,
    value: of,
    show: (row) => {
      const own = of(row);
      return own === null ? <span class="muted">–</span> : quantity(own, unit);
    },
    figures: true,
  });
  const share = (name: string, of: (row: Row) => number | null): Column<Row> => ({
    name,
    value: of,
    show: (row) => {
      const own = of(row);
      return own === null ? <span class="muted">–</span> : percent(own);
    },
    figures: true,
  });
  const distance: Column<Row> = {
    name: 'From the rule',
    value: (row) => (row.half === null || goal === null ? null : row.half / goal),
    show: (row) => <ToRule half={row.half} goal={goal ?? 1} name={row.name} />,
  };
  return [
    {
      name: 'Cell',
      value: (row) => row.name,
      show: (row) => (links.cell ? <a href={links.cell(row.cell)}>{row.name}</a> : row.name),
      width: 44,
    },
    { name: 'n', value: (row) => row.n, figures: true },
    value('Median', (row) => row.median),
    value('From', (row) => row.low),
    value('To', (row) => row.high),
    share('Covers', (row) => row.coverage),
    share('Half width', (row) => row.half),
    ...(goal === null ? [] : [distance]),
    value('Mean', (row) => row.mean),
    share('CV', (row) => row.cv),
  ];
}

function ToRule({ half, goal, name }: { half: number | null; goal: number; name: string }) {
  if (half === null) return <Badge word="no interval yet" tone="wait" />;
  const words = half <= goal ? 'met' : `${number(half / goal, 2)} times as wide`;
  return (
    <span class="progress">
      <progress value={Math.min(1, goal / half)} max={1} aria-label={`${name}: how near the rule`} />
      <Badge word={words} tone={half <= goal ? 'good' : 'warn'} />
    </span>
  );
}
