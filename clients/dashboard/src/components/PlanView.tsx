// What a spec would run, how long that takes, and what it can tell.
import type { Schemas } from '../api/client';
import { Badge } from './Badge';
import { Facts, Warnings } from './boxes';
import { count, duration, levels, number, percent, plural } from './format';
import { type Column, Table } from './Table';
import { Duration } from './time';

type Plan = Schemas['Plan'];
type PlannedCell = Plan['cellList'][number];

const BASES = {
  same: 'past runs of the same cell',
  like: 'past runs like it',
  guess: 'what the spec says',
};

const CELLS: readonly Column<PlannedCell>[] = [
  { name: 'Cell', value: (c) => c.index, figures: true },
  { name: 'Levels', value: (c) => levels(c.levels) || 'the base', width: 60 },
  {
    name: 'A run takes',
    value: (c) => c.estimate.seconds,
    show: (c) => <Duration ms={c.estimate.seconds === null ? null : c.estimate.seconds * 1000} />,
    figures: true,
  },
  { name: 'By', value: (c) => (c.estimate.basis === 'none' ? null : BASES[c.estimate.basis]) },
];
const cellId = (c: PlannedCell) => String(c.index);

const time = (seconds: number | null) => (seconds === null ? 'not known' : duration(seconds * 1000));

/** `12 min`, or `12 min to 40 min` where a rule may stop it earlier. */
function range(least: number | null, most: number | null, form: (value: number | null) => string): string {
  return least === null || most === null || least === most ? form(most) : `${form(least)} to ${form(most)}`;
}

export function PlanView({ plan }: { plan: Plan }) {
  const { estimate } = plan;
  const bases = (Object.keys(BASES) as (keyof typeof BASES)[])
    .filter((basis) => estimate.cells[basis] > 0)
    .map((basis) => `${BASES[basis]} (${plural(estimate.cells[basis], 'cell')})`);
  const unknown = estimate.cells.none;
  const warmup = plan.warmupBlocks > 0 ? `, ${count(plan.warmupBlocks)} of them to warm up` : '';
  return (
    <>
      <Facts
        items={[
          ['Cells', count(plan.cells)],
          ['Blocks', `${count(plan.blocks)}${warmup}`],
          ['Runs', count(plan.runs)],
          ['Takes', range(estimate.leastSeconds, estimate.seconds, time)],
          ['A block', time(estimate.blockSeconds)],
          [
            'Node hours',
            range(estimate.leastNodeHours, estimate.nodeHours, (h) =>
              h === null ? 'not known' : number(h, 3),
            ),
          ],
        ]}
      />
      <p class="small muted">
        {bases.length > 0 && `By ${bases.join(', ')}. `}
        {unknown > 0 &&
          `How long a run of ${plural(unknown, 'cell')} takes is not known before the first one.`}
      </p>
      <Resolution resolution={plan.resolution} />
      {plan.budget && (
        <p>
          <Badge
            word={plan.budget.enough === null ? 'not known' : plan.budget.enough ? 'fits' : 'does not fit'}
            tone={plan.budget.enough ? 'good' : 'warn'}
          />{' '}
          the budget: {plan.budget.why}
        </p>
      )}
      <Warnings items={plan.warnings} />
      {plan.traces.map((trace) => (
        <details key={JSON.stringify(trace)}>
          <summary>A trace</summary>
          <pre>{JSON.stringify(trace, null, 2)}</pre>
        </details>
      ))}
      <Table
        label="cells"
        rows={plan.cellList}
        columns={CELLS}
        id={cellId}
        plain={plan.cellList.length < 10}
      />
    </>
  );
}

function Resolution({ resolution: r }: { resolution: Plan['resolution'] }) {
  const at = (n: Plan['resolution']['max']) =>
    `${plural(n.n, 'repetition')}: intervals of ${percent(n.intervalLevel)}` +
    (n.leastCorrectedP === null ? '' : `, p of ${number(n.leastCorrectedP, 2)} at the least`);
  return (
    <div class={r.resolves ? 'box' : 'box warn'}>
      <p>
        <Badge word={r.resolves ? 'can tell' : 'can tell little'} tone={r.resolves ? 'good' : 'warn'} />{' '}
        {r.why}
      </p>
      <p class="small muted">
        {r.min.n === r.max.n ? at(r.max) : `${at(r.min)}; ${at(r.max)}`}
        {r.comparisons > 0 && `; ${plural(r.comparisons, 'comparison')}, ${r.paired ? '' : 'not '}by blocks`}
      </p>
    </div>
  );
}
