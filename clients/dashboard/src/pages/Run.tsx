import { useAction } from '../api/action';
import { address, type Schemas, send } from '../api/client';
import { about, LIVE_MS, useResource, useText } from '../api/resource';
import { Badge, Grade } from '../components/Badge';
import { ErrorBox, Facts, Loading, Source, Warnings } from '../components/boxes';
import { Confirm } from '../components/Confirm';
import { levels } from '../components/format';
import { Downloads } from '../components/Menu';
import { Page, Section } from '../components/Page';
import { Residue } from '../components/Residue';
import { visible } from '../components/text';
import { Elapsed, Moment } from '../components/time';
import { link } from '../router/links';
import type { PageProps } from '../router/routes';
import { Artifacts } from '../run/Artifacts';
import { Conditions } from '../run/Conditions';
import { Jobs } from '../run/Jobs';
import { Measured } from '../run/Measured';
import { Nodes } from '../run/Nodes';
import { Samples } from '../run/Samples';
import { Steps } from '../run/Steps';

type RunObject = Schemas['Run'];
const ENDED = ['done', 'failed', 'cancelled'];

export default function Run({ params }: PageProps) {
  const id = params.id ?? '';
  const target = { path: { runId: id } };
  const {
    data: run,
    error,
    loading,
    reload,
  } = useResource('/v1/runs/{runId}', target, { on: about(`run/${id}`, `cluster/${id}`) });
  const cancel = useAction(async () => {
    await send('POST', '/v1/runs/{runId}/cancel', target);
    reload();
  });
  const live = run !== null && !ENDED.includes(run.state);
  const file = (format: string) => address('/v1/runs/{runId}/export', { ...target, query: { format } });
  return (
    <Page
      title={`Run ${id}`}
      tools={
        run && (
          <>
            <Downloads
              items={[
                { label: 'All that is stored of it, as JSON', href: file('json') },
                { label: 'Jobs, as CSV', href: file('csv') },
                { label: 'Jobs, as SWF', href: file('swf') },
              ]}
            />
            {live && (
              <Confirm
                label="Cancel"
                sure="Cancel it now"
                busy={cancel.busy || run.state === 'cancelling'}
                onConfirm={() => void cancel.act()}
              />
            )}
          </>
        )
      }
    >
      <ErrorBox error={error} retry={reload} />
      <ErrorBox error={cancel.error} />
      {loading && <Loading what={`run ${id}`} />}
      {run && <Contents run={run} live={live} />}
    </Page>
  );
}

function Contents({ run, live }: { run: RunObject; live: boolean }) {
  return (
    <>
      {run.error && (
        <div class="box bad" role="alert">
          <strong>{run.error.step ? `Failed in step ${run.error.step}` : 'Failed'}</strong>
          <p class="said">{visible(run.error.detail)}</p>
        </div>
      )}
      <Warnings items={run.warnings} />
      <About run={run} />
      <Section title="Steps">
        <Steps run={run} live={live} />
      </Section>
      {run.startedAt && <Nodes run={run.id} />}
      <Measured metrics={run.metrics} />
      <Jobs run={run.id} live={live} />
      {run.startedAt && <Samples run={run.id} live={live} />}
      {run.conditions && <Conditions conditions={run.conditions} />}
      <Artifacts run={run.id} live={live} />
      <Log run={run.id} live={live} />
      {run.residue && (
        <Section title="Left on the host">
          <Residue residue={run.residue} />
        </Section>
      )}
      {run.spec && (
        <details>
          <summary>What it is of: its specification</summary>
          <Source label="Specification" text={visible(JSON.stringify(run.spec, null, 2))} />
        </details>
      )}
    </>
  );
}

function About({ run }: { run: RunObject }) {
  return (
    <Facts
      items={[
        ['State', <Badge key="state" word={run.state} />],
        ...(run.waiting === null ? [] : ([['Waits for', run.waiting]] as const)),
        ['Grade', <Grade key="grade" grade={run.grade} open />],
        [
          'Campaign',
          <a key="campaign" href={link.campaign(run.campaign)}>
            {run.spec?.name ?? run.campaign}
          </a>,
        ],
        ['Cell', visible(levels(run.cell)) || 'the only one'],
        ['Block', run.warmup ? `${run.block}, of the warm-up` : run.block],
        ['Attempt', run.attempt],
        ['Began', <Moment key="began" at={run.startedAt} />],
        ['Took', <Elapsed key="took" from={run.startedAt} to={run.endedAt} />],
        ['Digest of its specification', <code key="digest">{run.digest}</code>],
      ]}
    />
  );
}

function Log({ run, live }: { run: string; live: boolean }) {
  const { data, error, loading } = useText(
    '/v1/runs/{runId}/logs',
    { path: { runId: run } },
    { on: about(`run/${run}`), everyMs: live ? LIVE_MS : undefined },
  );
  return (
    <Section title="Log">
      <ErrorBox error={error} />
      {loading && <Loading what="the log" />}
      {data !== null && <Source label="Log" text={visible(data)} />}
    </Section>
  );
}
