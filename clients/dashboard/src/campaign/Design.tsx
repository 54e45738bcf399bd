// What was asked for: factors, order, repetitions, objectives; and the spec itself.
import { useEffect, useState } from 'preact/hooks';
import type { Schemas } from '../api/client';
import { Facts, Loading, Source } from '../components/boxes';
import { count, percent, plural } from '../components/format';
import { link } from '../router/links';

type Spec = Schemas['ResolvedSpec'];

const word = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));

function repetitions(design: Spec['design']): string {
  const wanted = design?.repetitions ?? 1;
  if (typeof wanted === 'number') return plural(wanted, 'block');
  const range = `${count(wanted.min)} to ${plural(wanted.max, 'block')}`;
  const rule = wanted.until;
  if (!rule) return range;
  return `${range}, until half the interval of ${rule.metric} is at most ${percent(rule.relativeHalfWidth)} of its median in each cell`;
}

export function Design({ spec }: { spec: Spec }) {
  const { design, cluster, workload } = spec;
  const factors = Object.entries(spec.factors ?? {});
  return (
    <>
      <Facts
        items={[
          [
            'Workload',
            <a key="workload" href={link.workload(workload.name)}>
              {workload.name}
            </a>,
          ],
          [
            'Cluster',
            `${plural(cluster?.compute ?? 0, 'node')} by ${cluster?.backend ?? '?'}, ${cluster?.image ?? 'no image'}, ${cluster?.scheduler?.name ?? (cluster?.backend === 'host' ? 'no scheduler' : 'slurm')}`,
          ],
          ['Order', `${design?.order ?? '?'}, seed ${design?.seed ?? '?'}`],
          ['Warm-up', design?.warmup ? plural(design.warmup, 'block') : 'none'],
          ['Repetitions', repetitions(design)],
          [
            'Objectives',
            spec.objectives && spec.objectives.length > 0
              ? spec.objectives
                  .map(
                    (o) =>
                      `${o.metric} ${o.direction}${o.margin ? `, alike within ${typeof o.margin === 'number' ? percent(o.margin) : o.margin}` : ''}`,
                  )
                  .join('; ')
              : 'none',
          ],
        ]}
      />
      {factors.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and must do so by keys too
        <section class="rows" tabIndex={0} aria-label="Factors">
          <table>
            <thead>
              <tr>
                <th scope="col">Factor</th>
                <th scope="col">Levels</th>
              </tr>
            </thead>
            <tbody>
              {factors.map(([path, factor]) => (
                <tr key={path}>
                  <th scope="row">
                    <code>{path}</code>
                  </th>
                  <td class="wrap">
                    {(Array.isArray(factor) ? factor : factor.levels).map(word).join(' · ')}
                    {!Array.isArray(factor) && ` where ${word(factor.when)}`}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
      <SpecSource spec={spec} />
    </>
  );
}

/** Made when it is opened. */
function SpecSource({ spec }: { spec: Spec }) {
  const [open, setOpen] = useState(false);
  const [text, setText] = useState<string | null>(null);
  useEffect(() => {
    if (open) void import('../spec/text').then((m) => setText(m.specAsText(spec)));
  }, [open, spec]);
  return (
    <details onToggle={(e) => setOpen(e.currentTarget.open)}>
      <summary>The spec, with every default filled in</summary>
      {open && (text === null ? <Loading what="the spec" /> : <Source label="Spec" text={text} />)}
    </details>
  );
}
