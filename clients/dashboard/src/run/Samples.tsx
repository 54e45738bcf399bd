// What nodes and host used while it went on: a chart a metric, read when it comes into sight.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Schemas } from '../api/client';
import { about, LIVE_MS, useResource } from '../api/resource';
import { Figure } from '../charts/Figure';
import { Empty, ErrorBox, Loading } from '../components/boxes';
import { quantity } from '../components/format';
import { Section } from '../components/Page';
import { byNode, stepFor, together } from './series';

type Values = Schemas['SampleValues'];
interface Of {
  title: string;
  caption: string;
  metrics: readonly [string, string?, string?];
}
const OF_NODES: readonly Of[] = [
  { title: 'CPU', caption: 'CPUs used by all that runs in each node.', metrics: ['cpu'] },
  { title: 'Memory', caption: 'In use in each node, page cache included.', metrics: ['memory'] },
  { title: 'Network in', caption: "What came in by each node's network.", metrics: ['net_rx'] },
  { title: 'Network out', caption: "What went out by each node's network.", metrics: ['net_tx'] },
  {
    title: 'Disk, read',
    caption: 'Read from block devices; the page cache is not counted.',
    metrics: ['block_read'],
  },
  { title: 'Disk, written', caption: 'Written to block devices.', metrics: ['block_write'] },
];
const OF_HOST: readonly Of[] = [
  {
    title: 'CPUs of the host',
    caption:
      'Busy: by all. Outside: by others than benchd, its nodes and libvirt. Steal: taken by the hypervisor.',
    metrics: ['cpu_busy', 'outside_cpus', 'steal'],
  },
  {
    title: 'Pressure on the host',
    caption: 'Part of the time in which some task waited for a CPU, for memory, for input or output.',
    metrics: ['psi_cpu', 'psi_memory', 'psi_io'],
  },
  { title: 'Clock of the host', caption: "Mean of its CPUs' frequencies.", metrics: ['frequency'] },
  { title: 'Power', caption: 'Of all CPU packages, by RAPL.', metrics: ['power'] },
];
const load = () => import('../charts/series').then((m) => m.series);

export function Samples({ run, live }: { run: string; live: boolean }) {
  const { data, error, loading, reload } = useResource(
    '/v1/runs/{runId}/samples',
    { path: { runId: run } },
    { on: about(`run/${run}`), everyMs: live ? LIVE_MS : undefined },
  );
  const items = data && 'items' in data ? (data as Schemas['SampleSeriesList']).items : [];
  const there = new Set(items.map((item) => item.metric));
  const toNs = Math.max(0, ...items.map((item) => item.toNs));
  const show = (list: readonly Of[]) =>
    list
      .filter((of) => there.has(of.metrics[0]))
      .map((of) => (
        <Seen key={of.title}>
          <One run={run} of={of} step={stepFor(toNs)} live={live} />
        </Seen>
      ));
  return (
    <>
      <Section title="Use of the nodes">
        <ErrorBox error={error} retry={reload} />
        {loading && <Loading what="the samples" />}
        {data && items.length === 0 && (
          <Empty>{live ? 'Nothing has been sampled yet.' : 'Nothing was sampled.'}</Empty>
        )}
        <div class="columns">{show(OF_NODES)}</div>
      </Section>
      {items.length > 0 && (
        <Section title="Noise of the host">
          <div class="columns">{show(OF_HOST)}</div>
        </Section>
      )}
    </>
  );
}

/** There once it has come into sight. */
function Seen({ children }: { children: preact.ComponentChildren }) {
  const box = useRef<HTMLDivElement>(null);
  const [seen, setSeen] = useState(false);
  useEffect(() => {
    if (!box.current) return;
    const watch = new IntersectionObserver(
      (entries) => {
        if (!entries.some((entry) => entry.isIntersecting)) return;
        setSeen(true);
        watch.disconnect();
      },
      { rootMargin: '300px' },
    );
    watch.observe(box.current);
    return () => watch.disconnect();
  }, []);
  return (
    <div class="chart-place" ref={box}>
      {seen && children}
    </div>
  );
}

interface Props {
  run: string;
  of: Of;
  step: string | undefined;
  live: boolean;
}

/** The values of one metric; of none where there is no name. */
function useValues({ run, step, live }: Props, metric: string | undefined) {
  const found = useResource(
    metric === undefined ? null : '/v1/runs/{runId}/samples',
    { path: { runId: run }, query: { metric, step } },
    { on: about(`run/${run}`), everyMs: live ? LIVE_MS : undefined },
  );
  return { error: found.error, values: found.data as Values | null };
}

function One(props: Props) {
  const { run, of, step } = props;
  const found = [
    useValues(props, of.metrics[0]),
    useValues(props, of.metrics[1]),
    useValues(props, of.metrics[2]),
  ];
  const values = found.map((one) => one.values);
  const data = useMemo(() => {
    const all = values.filter((v) => v !== null);
    if (of.metrics.length > 1) return all.length > 0 ? together(all) : null;
    return all[0] ? byNode(all[0]) : null;
  }, values);
  const unit = values[0]?.unit ?? '';
  const options = useMemo(
    () => ({ unit, format: (value: number) => quantity(value, unit), group: `run ${run}` }),
    [unit, run],
  );
  return (
    <>
      <ErrorBox error={found.find((one) => one.error)?.error ?? null} />
      {data && (
        <Figure
          title={of.title}
          caption={step ? `${of.caption} Means over ${step} each.` : of.caption}
          name={`${run}-${of.metrics[0]}`}
          load={load}
          data={data}
          options={options}
        />
      )}
    </>
  );
}
