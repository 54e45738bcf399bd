// Every attempt of every run, with the value of the metric that is looked at.
import { useMemo } from 'preact/hooks';
import type { Metric, Values } from '../charts/analysed';
import { Badge } from '../components/Badge';
import { levels, quantity } from '../components/format';
import { type Column, Table } from '../components/Table';
import { link } from '../router/links';
import type { Grid } from './grid';

interface Row {
  id: string;
  cell: number;
  name: string;
  block: string;
  attempt: number;
  state: string;
  grade: string | null;
  value: number | null;
}

function rowsOf(grid: Grid, values: Values | null, cell: number | null): Row[] {
  const own = values?.metrics[0]?.values ?? [];
  const found = new Map(values?.runs.run.map((run, n) => [run, own[n] ?? null]) ?? []);
  const names = grid.levels?.map(levels) ?? [];
  const { runs } = grid;
  return runs.run
    .map((id, n) => {
      const block = runs.block[n] ?? 0;
      const at = runs.cell[n] ?? 0;
      const grade = runs.grade[n];
      return {
        id,
        cell: at,
        name: names[at] ?? '',
        block: block < grid.warmup ? `${block} (warm-up)` : String(block),
        attempt: runs.attempt[n] ?? 1,
        state: grid.states[runs.state[n] ?? 0] ?? '',
        grade: typeof grade === 'number' ? (grid.grades[grade] ?? null) : null,
        value: found.get(id) ?? null,
      };
    })
    .filter((row) => cell === null || row.cell === cell);
}

export function Runs({
  grid,
  values,
  metric,
  cell,
}: {
  grid: Grid;
  values: Values | null;
  metric: Metric | null;
  cell: number | null;
}) {
  const rows = useMemo(() => rowsOf(grid, values, cell), [grid, values, cell]);
  const columns = useMemo<readonly Column<Row>[]>(() => {
    const value: Column<Row> = {
      name: metric?.name ?? '',
      value: (r) => r.value,
      show: (r) => (r.value === null ? <span class="muted">–</span> : quantity(r.value, metric?.unit ?? '')),
      figures: true,
    };
    return [
      { name: 'Run', value: (r) => r.id, show: (r) => <a href={link.run(r.id)}>{r.id}</a> },
      { name: 'Cell', value: (r) => r.cell, figures: true },
      { name: 'Levels', value: (r) => r.name, width: 50 },
      { name: 'Block', value: (r) => r.block, figures: true },
      { name: 'Attempt', value: (r) => r.attempt, figures: true },
      { name: 'State', value: (r) => r.state, show: (r) => <Badge word={r.state} /> },
      {
        name: 'Grade',
        value: (r) => r.grade,
        show: (r) => (r.grade ? <Badge word={r.grade} /> : <span class="muted">–</span>),
      },
      ...(metric ? [value] : []),
    ];
  }, [metric]);
  return <Table label="runs" rows={rows} columns={columns} />;
}
