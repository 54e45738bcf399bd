import { useEffect, useState } from 'preact/hooks';
import { get, type Schemas } from '../api/client';
import { about, useResource } from '../api/resource';
import { Figure } from '../charts/Figure';
import { Badge, Verdict } from '../components/Badge';
import { Empty, ErrorBox, Gauge, Loading } from '../components/boxes';
import { bytes, duration, levels, number } from '../components/format';
import { type CampaignRow, campaignRow, Progress, type RunRow, runRow } from '../components/lists';
import { Page, Section } from '../components/Page';
import { Ago, Elapsed } from '../components/time';
import { BASE, link } from '../router/links';

const ACTIVE_RUNS = ['preparing', 'measuring', 'clearing', 'failing', 'cancelling', 'queued'];
const ACTIVE_CAMPAIGNS = ['queued', 'running', 'paused', 'cancelling'];
const ENDED_CAMPAIGNS = ['done', 'failed', 'cancelled'];
const LAST = 5;
const NOISE_RUNS = 40;

export default function Overview() {
  return (
    <Page title="Overview">
      <div class="columns">
        <Now />
        <Queue />
        <Hosts />
        <LastCampaigns />
      </div>
      <Noise />
    </Page>
  );
}

function Now() {
  const runs = useResource(
    '/v1/runs',
    { query: { state: ACTIVE_RUNS, limit: 20 } },
    { on: about('run/', 'cluster/') },
  );
  const clusters = useResource(
    '/v1/clusters',
    { query: { state: ['creating', 'ready', 'failing', 'deleting'], limit: 50 } },
    { on: about('cluster/') },
  );
  const own = clusters.data?.items.filter((cluster) => cluster.run === null) ?? [];
  const rows = runs.data?.items ?? [];
  return (
    <Section title="Now">
      <ErrorBox error={runs.error ?? clusters.error} retry={runs.reload} />
      {runs.loading && <Loading what="runs" />}
      {runs.data && clusters.data && rows.length + own.length === 0 && <Empty>Nothing runs.</Empty>}
      <ul class="cards">
        {rows.map((run) => (
          <RunNow key={run.id} run={run} />
        ))}
        {own.map((cluster) => (
          <li key={cluster.id}>
            <span>
              <a href={link.cluster(cluster.id)}>Cluster {cluster.name ?? cluster.id}</a>{' '}
              <Badge word={cluster.state} />
            </span>
            <span class="muted">
              {cluster.nodes.length} nodes, {cluster.scheduler.name}, up{' '}
              <Elapsed from={cluster.createdAt} to={null} />
            </span>
          </li>
        ))}
      </ul>
    </Section>
  );
}

function RunNow({ run }: { run: Schemas['Run'] }) {
  const row: RunRow = runRow(run);
  return (
    <li>
      <span>
        <a href={link.run(row.id)}>Run {row.id}</a> <Badge word={row.state} />
        {row.step && <span class="muted"> {row.step}</span>}
      </span>
      <span class="muted">
        of <a href={link.campaign(row.campaign)}>{row.campaign}</a>, block {row.block}
        {row.warmup && ' (warm-up)'}
        {row.attempt > 1 && `, attempt ${row.attempt}`}
        {row.cell && `: ${levels(run.cell)}`}
      </span>
      {row.waiting ? (
        <span>{row.waiting}</span>
      ) : (
        row.startedAt && <Elapsed from={row.startedAt} to={row.endedAt} />
      )}
    </li>
  );
}

function Queue() {
  const list = useResource(
    '/v1/campaigns',
    { query: { state: ACTIVE_CAMPAIGNS, limit: 50 } },
    { on: about('campaign/', 'run/') },
  );
  const rows = (list.data?.items ?? []).map(campaignRow);
  return (
    <Section title="Queue" tools={<a href={`${BASE}campaigns`}>All campaigns</a>}>
      <ErrorBox error={list.error} retry={list.reload} />
      {list.loading && <Loading what="campaigns" />}
      {list.data && rows.length === 0 && <Empty>No campaign waits or runs.</Empty>}
      <ul class="cards">
        {rows.map((row) => (
          <li key={row.id}>
            <span>
              <a href={link.campaign(row.id)}>{row.name}</a> <Badge word={row.state} />
            </span>
            <Progress row={row} />
            <span class="muted">{timeLeft(row)}</span>
            {row.error && <span class="badge bad">{row.error}</span>}
          </li>
        ))}
      </ul>
    </Section>
  );
}

function timeLeft(row: CampaignRow): string {
  if (row.etaSeconds !== null) return `about ${duration(row.etaSeconds * 1000)} left`;
  return row.state === 'running'
    ? 'time left not known before its first run is done'
    : `${row.planned} runs planned`;
}

function Hosts() {
  const list = useResource('/v1/hosts', {}, { on: about('cluster/', 'run/', 'host/'), everyMs: 10_000 });
  return (
    <Section title="Hosts" tools={<a href={`${BASE}hosts`}>More of them</a>}>
      <ErrorBox error={list.error} retry={list.reload} />
      {list.loading && <Loading what="hosts" />}
      {list.data?.items.map((host) => (
        <HostNow key={host.id} host={host} />
      ))}
    </Section>
  );
}

function HostNow({ host }: { host: Schemas['Host'] }) {
  const { capacity, stateDir, checks } = host;
  const bad = checks.filter((check) => !check.ok && check.level !== 'info');
  return (
    <div>
      <strong>{host.name}</strong>{' '}
      {bad.length === 0 ? (
        <Badge word="ok" />
      ) : (
        bad.map((check) => (
          <Badge
            key={check.id}
            word={check.id}
            tone={check.level === 'error' ? 'bad' : 'warn'}
            title={check.summary}
          />
        ))
      )}
      <Gauge
        label="CPUs"
        used={capacity.cpusInUse}
        all={capacity.cpus}
        text={`${number(capacity.cpusInUse, 3)} of ${number(capacity.cpus, 3)} promised`}
      />
      <Gauge
        label="Memory"
        used={capacity.memoryInUseBytes}
        all={capacity.memoryBytes}
        text={`${bytes(capacity.memoryInUseBytes)} of ${bytes(capacity.memoryBytes)} promised`}
      />
      <p class="muted small">{bytes(stateDir.freeBytes)} free for images and results</p>
    </div>
  );
}

function LastCampaigns() {
  const list = useResource(
    '/v1/campaigns',
    { query: { state: ENDED_CAMPAIGNS, limit: LAST } },
    { on: about('campaign/') },
  );
  const rows = (list.data?.items ?? []).map(campaignRow);
  return (
    <Section title="Last campaigns">
      <ErrorBox error={list.error} retry={list.reload} />
      {list.loading && <Loading what="campaigns" />}
      {list.data && rows.length === 0 && <Empty>None has ended yet.</Empty>}
      <ul class="cards">
        {rows.map((row) => (
          <Ended key={row.id} row={row} />
        ))}
      </ul>
    </Section>
  );
}

type VerdictValue = Schemas['Verdict'];
/** The analysis of more runs than these is asked for on the campaign's own page only: it takes the daemon long. */
const RUNS_ANALYSED = 2000;
/** An analysis takes a while, and that of a campaign at its end stays as it is. */
const verdicts = new Map<string, Promise<VerdictValue>>();

function verdictOf(row: CampaignRow): Promise<VerdictValue> {
  const key = `${row.id} ${row.endedAt} ${row.done}`;
  let known = verdicts.get(key);
  if (!known) {
    known = get('/v1/campaigns/{campaignId}/analysis', { path: { campaignId: row.id } }).then(
      (a) => a.verdict,
    );
    known.catch(() => verdicts.delete(key));
    verdicts.set(key, known);
  }
  return known;
}

function Ended({ row }: { row: CampaignRow }) {
  const [verdict, setVerdict] = useState<VerdictValue | null>(null);
  const [why, setWhy] = useState<string | null>(null);
  useEffect(() => {
    let gone = false;
    if (row.done > 0 && row.done <= RUNS_ANALYSED) {
      verdictOf(row).then(
        (value) => !gone && setVerdict(value),
        (error: Error) => !gone && setWhy(error.message),
      );
    }
    return () => {
      gone = true;
    };
  }, [row.id, row.endedAt, row.done]);
  return (
    <li>
      <span>
        <a href={link.campaign(row.id)}>{row.name}</a> <Badge word={row.state} />{' '}
        {verdict && <Verdict grade={verdict} />}
      </span>
      <span class="muted">
        {row.done} runs done{row.failed > 0 && `, ${row.failed} failed`}, <Ago at={row.endedAt} />
      </span>
      {verdict?.reasons[0] && <span class="small">{verdict.reasons[0]}</span>}
      {why && <span class="small">{why}</span>}
    </li>
  );
}

const loadOutside = () => import('../charts/outside').then((m) => m.outsideUse);
const outsideOptions = { href: link.run };

function Noise() {
  const list = useResource(
    '/v1/runs',
    { query: { state: ['done', 'failed'], limit: NOISE_RUNS } },
    { on: (e) => e.kind === 'run.done' },
  );
  const [points, setPoints] = useState<{ run: string; at: Date; cpus: number; grade: string }[]>([]);
  useEffect(() => {
    const rows = (list.data?.items ?? []).map(runRow);
    setPoints(
      rows.flatMap((row) =>
        row.outsideCpus === null || row.startedAt === null
          ? []
          : [
              {
                run: row.id,
                at: new Date(row.startedAt),
                cpus: row.outsideCpus,
                grade: row.grade?.value ?? 'none',
              },
            ],
      ),
    );
  }, [list.data]);
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
