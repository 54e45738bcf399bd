import { useEffect, useState } from 'preact/hooks';
import type { Schemas } from '../api/client';
import { about, useResource } from '../api/resource';
import { Figure } from '../charts/Figure';
import { Badge, Verdict } from '../components/Badge';
import { Empty, ErrorBox, Gauge, Loading } from '../components/boxes';
import { Capacity } from '../components/Capacity';
import { count, duration, levels, number, percent, plural } from '../components/format';
import { Progress, runRow } from '../components/lists';
import { Page, Section } from '../components/Page';
import { Ago, Elapsed, now } from '../components/time';
import { BASE, link } from '../router/links';

type View = Schemas['Overview'];
type Run = View['runs'][number];
type Waiting = View['queue'][number];
type Host = View['hosts'][number];
type Ended = View['recent'][number];

/** What changes without an event: how busy the host is. */
const NOISE_MS = 5000;
const NOISE_RUNS = 40;

export default function Overview() {
  const { data, error, loading, reload } = useResource(
    '/v1/overview',
    {},
    { on: about('campaign/', 'run/', 'cluster/'), everyMs: NOISE_MS },
  );
  return (
    <Page title="Overview">
      <ErrorBox error={error} retry={reload} />
      {loading && <Loading what="what goes on" />}
      {data && (
        <div class="columns">
          <Now view={data} />
          <Queue view={data} />
          <Section title="Hosts" tools={<a href={`${BASE}hosts`}>Checks and what they are like</a>}>
            {data.hosts.map((host) => (
              <HostNow key={host.id} host={host} />
            ))}
          </Section>
          <Section title="Last campaigns" tools={<a href={`${BASE}campaigns`}>All campaigns</a>}>
            {data.recent.length === 0 && <Empty>None has ended yet.</Empty>}
            <ul class="cards">
              {data.recent.map((campaign) => (
                <Last key={campaign.id} campaign={campaign} />
              ))}
            </ul>
          </Section>
        </div>
      )}
      <Noise />
    </Page>
  );
}

function Now({ view }: { view: View }) {
  return (
    <Section title="Now" tools={<a href={`${BASE}runs`}>All runs</a>}>
      {view.runs.length + view.clusters.length === 0 && <Empty>Nothing runs.</Empty>}
      <ul class="cards">
        {view.runs.map((run) => (
          <RunNow key={run.id} run={run} />
        ))}
        {view.clusters.map((cluster) => (
          <li key={cluster.id}>
            <span>
              <a href={link.cluster(cluster.id)}>Cluster {cluster.name ?? cluster.id}</a>{' '}
              <Badge word={cluster.state} /> {cluster.step && <span class="muted">{cluster.step}</span>}
            </span>
            <span class="muted">
              {plural(cluster.nodes, 'node')}, asked for <Ago at={cluster.createdAt} />
            </span>
          </li>
        ))}
      </ul>
    </Section>
  );
}

function RunNow({ run }: { run: Run }) {
  const cell = levels(run.cell);
  return (
    <li>
      <span>
        <a href={link.run(run.id)}>Run {run.id}</a> <Badge word={run.state} />
        {run.step && <span class="muted"> {run.step}</span>}
      </span>
      <span class="muted">
        of <a href={link.campaign(run.campaign)}>{run.name ?? run.campaign}</a>, block {run.block}
        {run.warmup && ' (warm-up)'}
        {run.attempt > 1 && `, attempt ${run.attempt}`}
        {cell && `: ${cell}`}
      </span>
      {run.waiting ? (
        <span>{run.waiting}</span>
      ) : (
        run.startedAt && (
          <span class="muted">
            for <Elapsed from={run.startedAt} to={null} />
            {run.deadlineAt &&
              `, at most ${duration(Math.max(0, Date.parse(run.deadlineAt) - now.value))} more`}
          </span>
        )
      )}
    </li>
  );
}

function Queue({ view }: { view: View }) {
  return (
    <Section title="Queue" tools={<a href={link.newCampaign()}>New campaign</a>}>
      {view.queue.length === 0 && <Empty>No campaign waits or runs.</Empty>}
      <ol class="cards">
        {view.queue.map((campaign) => (
          <InQueue key={campaign.id} campaign={campaign} />
        ))}
      </ol>
      {view.queueLeftOut > 0 && <p class="muted">And {count(view.queueLeftOut)} more.</p>}
    </Section>
  );
}

function InQueue({ campaign }: { campaign: Waiting }) {
  return (
    <li>
      <span>
        <a href={link.campaign(campaign.id)}>{campaign.name}</a> <Badge word={campaign.state} />
        {campaign.priority !== 0 && <span class="muted"> priority {campaign.priority}</span>}
      </span>
      <Progress row={campaign} />
      <span class="muted">{timesOf(campaign)}</span>
      {campaign.error && <span class="badge bad">{campaign.error}</span>}
    </li>
  );
}

const FROM: Record<string, string> = {
  measured: 'by its runs so far',
  same: 'by the same runs before',
  like: 'by runs like these',
  guess: 'a guess',
};

function timesOf(c: Waiting): string {
  const left =
    c.endsInSeconds === null ? 'time left not known' : `ends in about ${duration(c.endsInSeconds * 1000)}`;
  const begin = c.startsInSeconds ? `begins in about ${duration(c.startsInSeconds * 1000)}, ` : '';
  const from = c.endsInSeconds !== null && c.basis ? FROM[c.basis] : undefined;
  return `${begin}${left}${from ? ` (${from})` : ''}${c.failed > 0 ? `, ${count(c.failed)} failed` : ''}`;
}

function HostNow({ host }: { host: Host }) {
  const { noise } = host;
  return (
    <div>
      <strong>{host.id}</strong>{' '}
      {noise && <Badge word={noise.quiet ? 'quiet' : 'busy'} tone={noise.quiet ? 'good' : 'warn'} />}
      <Capacity of={host} />
      {noise && (
        <>
          <Gauge
            label="Noise"
            used={noise.outsideCpus}
            all={host.cpus}
            text={`${number(noise.outsideCpus, 2)} CPUs used by others`}
          />
          <p class="muted small">
            A run begins at once with at most {number(noise.allowedCpus, 2)}. Something waited for memory in{' '}
            {percent(noise.memoryPressurePercent / 100, 2)} of the last 10 s.
          </p>
        </>
      )}
    </div>
  );
}

function Last({ campaign }: { campaign: Ended }) {
  const { verdict } = campaign;
  return (
    <li>
      <span>
        <a href={link.campaign(campaign.id)}>{campaign.name}</a> <Badge word={campaign.state} />{' '}
        {verdict && <Verdict grade={verdict} />}
      </span>
      <span class="muted">
        {plural(campaign.done, 'run')} done
        {campaign.failed > 0 && `, ${count(campaign.failed)} failed`}
        {campaign.excluded > 0 && `, ${count(campaign.excluded)} left out`}, <Ago at={campaign.endedAt} />
      </span>
      {verdict?.reasons[0] && <span class="small">{verdict.reasons[0]}</span>}
    </li>
  );
}

const loadOutside = () => import('../charts/outside').then((m) => m.outsideUse);
const outsideOptions = { href: link.run };
type Point = { run: string; at: Date; cpus: number; grade: string };

function pointsOf(runs: readonly Schemas['Run'][]): Point[] {
  return runs
    .map(runRow)
    .flatMap(({ id, outsideCpus, startedAt, grade }) =>
      outsideCpus === null || startedAt === null
        ? []
        : [{ run: id, at: new Date(startedAt), cpus: outsideCpus, grade: grade?.value ?? 'none' }],
    );
}

function Noise() {
  const list = useResource(
    '/v1/runs',
    { query: { state: ['done', 'failed'], limit: NOISE_RUNS } },
    { on: (e) => e.kind === 'run.done' },
  );
  const [points, setPoints] = useState<Point[]>([]);
  useEffect(() => setPoints(pointsOf(list.data?.items ?? [])), [list.data]);
  if (points.length === 0) return null;
  return (
    <Section title="Noise">
      <Figure
        title="What others used of the host during the last runs"
        caption="Each sign is a run; it leads to its page. Much use by others makes runs limited or invalid."
        name="noise"
        load={loadOutside}
        data={points}
        options={outsideOptions}
      />
    </Section>
  );
}
