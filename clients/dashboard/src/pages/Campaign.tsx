import { useCallback, useEffect, useMemo, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import type { Schemas } from '../api/client';
import type { BenchdEvent } from '../api/events';
import { useResource } from '../api/resource';
import { Comparisons, Effects } from '../campaign/Comparisons';
import { AddCells, Control, ENDED, useMoves } from '../campaign/Control';
import { Design } from '../campaign/Design';
import { Estimates } from '../campaign/Estimates';
import { RunGrid } from '../campaign/RunGrid';
import { Runs } from '../campaign/Runs';
import { Tradeoff } from '../campaign/Tradeoff';
import type { Analysis, Links } from '../charts/analysed';
import { Badge, Verdict } from '../components/Badge';
import { Empty, ErrorBox, Facts, Loading } from '../components/boxes';
import { duration, number, plural } from '../components/format';
import { campaignRow, Progress } from '../components/lists';
import { Page, Section } from '../components/Page';
import { Elapsed, Moment } from '../components/time';
import { link } from '../router/links';
import type { PageProps } from '../router/routes';

type Campaign = Schemas['Campaign'];
const REASONS = 8;

export default function CampaignPage({ params }: PageProps) {
  const id = params.id ?? '';
  const path = { campaignId: id };
  // Runs do not say whose they are: any that ends may be one of these. What is not new costs a 304.
  const on = (event: BenchdEvent) => event.subject === `campaign/${id}` || event.subject.startsWith('run/');
  const {
    data: campaign,
    error,
    loading,
    reload,
  } = useResource('/v1/campaigns/{campaignId}', { path }, { on });
  const moves = useMoves(id, reload);
  const ended = campaign !== null && ENDED.includes(campaign.state);
  const live = ended ? 'false' : 'true';
  const some = campaign !== null && campaign.progress.done + campaign.progress.failed > 0;
  const grid = useResource(campaign ? '/v1/campaigns/{campaignId}/grid' : null, { path }, { on });
  const analysis = useResource(
    some ? '/v1/campaigns/{campaignId}/analysis' : null,
    { path, query: { live } },
    { on },
  );
  return (
    <Page
      title={`Campaign ${campaign?.name ?? id}`}
      tools={campaign && <Control campaign={campaign} moves={moves} />}
    >
      <ErrorBox error={error} retry={reload} />
      <ErrorBox error={moves.error} />
      {loading && <Loading what={`campaign ${id}`} />}
      {campaign && (
        <>
          {campaign.error && (
            <div class="box bad" role="alert">
              <strong>It can't go on</strong>
              <p class="said">{campaign.error}</p>
            </div>
          )}
          <About campaign={campaign} />
          {analysis.data && <Judgement analysis={analysis.data} ended={ended} />}
          <Section title="Design">
            {campaign.spec && <Design spec={campaign.spec} />}
            {!ended && campaign.until === null && <AddCells campaign={campaign} after={reload} />}
          </Section>
          <Section title="Cells and blocks">
            <ErrorBox error={grid.error} retry={grid.reload} />
            {grid.data && <RunGrid grid={grid.data} />}
          </Section>
          <ErrorBox error={analysis.error} retry={analysis.reload} />
          {some && analysis.loading && <Loading what="the analysis" />}
          {!some && <Empty>What its runs come to is shown here as soon as the first one has ended.</Empty>}
          {analysis.data && (
            <Results campaign={campaign} analysis={analysis.data} grid={grid.data} on={on} live={live} />
          )}
        </>
      )}
    </Page>
  );
}

function About({ campaign }: { campaign: Campaign }) {
  const { progress, budget } = campaign;
  const left = progress.etaSeconds;
  return (
    <Facts
      items={[
        ['State', <Badge key="state" word={campaign.state} />],
        ['Runs', <Progress key="runs" row={campaignRow(campaign)} />],
        ['Under way', progress.running],
        ['Failed', progress.failed],
        ['Left out', progress.excluded],
        ['Time left', left === null ? '–' : duration(left * 1000)],
        ['Cells', campaign.plan.cells],
        ['Blocks', campaign.plan.blocks],
        ['Submitted', <Moment key="at" at={campaign.createdAt} />],
        ['Took', <Elapsed key="took" from={campaign.startedAt} to={campaign.endedAt} />],
        [
          'Budget',
          budget
            ? `${number(budget.spent.nodeHours, 3)} node hours, ${duration(budget.spent.wallTimeSeconds * 1000)}, ${plural(budget.spent.runs, 'run')} spent${budget.why ? `: ${budget.why}` : ''}`
            : 'none',
        ],
        ['Id', <code key="id">{campaign.id}</code>],
      ]}
    />
  );
}

/** The verdict with its reasons, and what was found, in words. */
function Judgement({ analysis, ended }: { analysis: Analysis; ended: boolean }) {
  const { value, reasons } = analysis.verdict;
  const first = { value, reasons: reasons.slice(0, REASONS) };
  const rest = reasons.slice(REASONS);
  return (
    <Section title={ended ? 'Verdict' : 'Verdict so far'}>
      <Verdict grade={first} open />
      {rest.length > 0 && (
        <details>
          <summary>{plural(rest.length, 'more reason')}</summary>
          <ul class="reasons">
            {rest.map((reason) => (
              <li key={reason}>{reason}</li>
            ))}
          </ul>
        </details>
      )}
      {analysis.words.length > 0 && (
        <details>
          <summary>Findings</summary>
          <ul>
            {analysis.words.map((words) => (
              <li key={words}>{words}</li>
            ))}
          </ul>
        </details>
      )}
    </Section>
  );
}

interface ResultsProps {
  campaign: Campaign;
  analysis: Analysis;
  grid: Schemas['CampaignGrid'] | null;
  on: (event: BenchdEvent) => boolean;
  live: 'true' | 'false';
}

function Results({ campaign, analysis, grid, on, live }: ResultsProps) {
  const path = { campaignId: campaign.id };
  const { query } = useLocation();
  const cell = query.cell !== undefined && /^\d+$/.test(query.cell) ? Number(query.cell) : null;
  const own = analysis.metrics.map((m) => m.name);
  const [chosen, setChosen] = useState<string | null>(null);
  const name = chosen ?? own[0] ?? null;
  const extra = name !== null && !own.includes(name);
  const beside = useResource(
    extra ? '/v1/campaigns/{campaignId}/analysis' : null,
    { path, query: { live, metric: name ?? undefined } },
    { on },
  );
  const values = useResource(
    name === null ? null : '/v1/campaigns/{campaignId}/values',
    { path, query: { metric: name ?? undefined } },
    { on },
  );
  const shown = extra ? beside.data : analysis;
  const metric = shown?.metrics.find((m) => m.name === name) ?? null;
  const links = useMemo<Links>(
    () => ({ run: link.run, cell: (at: number) => `${link.campaign(campaign.id)}?cell=${at}` }),
    [campaign.id],
  );
  const choose = useCallback((metricName: string) => setChosen(metricName), []);
  useEffect(() => {
    if (cell !== null) document.getElementById('runs')?.scrollIntoView();
  }, [cell]);

  return (
    <>
      <Section
        title="Metric"
        tools={<MetricChoice analysis={analysis} grid={grid} name={name} choose={choose} />}
      >
        <ErrorBox error={beside.error ?? values.error} retry={values.reload} />
        {beside.loading && extra && <Loading what={`the analysis of ${name}`} />}
        {metric && shown ? (
          <Estimates
            analysis={shown}
            metric={metric}
            values={values.data}
            until={campaign.until}
            links={links}
            choose={choose}
          />
        ) : (
          <Empty>No run that counts has a value yet.</Empty>
        )}
      </Section>
      {metric && shown && (
        <>
          <Section title="Comparisons">
            <Comparisons
              key={campaign.id}
              analysis={shown}
              metric={metric}
              values={values.data}
              links={links}
            />
          </Section>
          <Effects metric={metric} />
        </>
      )}
      <Tradeoff analysis={analysis} links={links} />
      <Checklist analysis={analysis} />
      <div id="runs">
        <Section
          title={cell === null ? 'Runs' : `Runs of cell ${cell}`}
          tools={cell !== null && <a href={link.campaign(campaign.id)}>Of all cells</a>}
        >
          {grid && <Runs grid={grid} values={values.data} metric={metric} cell={cell} />}
        </Section>
      </div>
    </>
  );
}

interface ChoiceProps {
  analysis: Analysis;
  grid: Schemas['CampaignGrid'] | null;
  name: string | null;
  choose: (metric: string) => void;
}

/** Those of the analysis, then all others that a run has. */
function MetricChoice({ analysis, grid, name, choose }: ChoiceProps) {
  const done = grid?.states.indexOf('done') ?? -1;
  const run = done < 0 ? undefined : grid?.runs.run[grid.runs.state.indexOf(done)];
  const one = useResource(
    run ? '/v1/runs/{runId}' : null,
    { path: { runId: run ?? '' } },
    { everyMs: 3_600_000 },
  );
  const own = analysis.metrics.map((m) => m.name);
  const others = Object.keys(one.data?.metrics ?? {}).filter((n) => !own.includes(n));
  return (
    <label>
      <span class="hidden">Metric</span>
      <select value={name ?? ''} onChange={(e) => choose(e.currentTarget.value)}>
        <optgroup label={analysis.metrics.some((m) => m.direction) ? 'Objectives' : 'Metrics'}>
          {own.map((n) => (
            <option key={n} value={n}>
              {n}
            </option>
          ))}
        </optgroup>
        {others.length > 0 && (
          <optgroup label="Others">
            {others.map((n) => (
              <option key={n} value={n}>
                {n}
              </option>
            ))}
          </optgroup>
        )}
      </select>
    </label>
  );
}

function Checklist({ analysis }: { analysis: Analysis }) {
  return (
    <Section title="Checklist">
      <p class="muted small">The twelve rules of Hoefler and Belli (2015), with the evidence for each.</p>
      <ol class="checklist">
        {analysis.checklist.map((item) => (
          <li key={item.rule}>
            <Badge word={item.status} /> {item.text}
            <div class="small muted">{item.evidence}</div>
          </li>
        ))}
      </ol>
    </Section>
  );
}
