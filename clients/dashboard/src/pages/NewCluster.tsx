import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { useAction } from '../api/action';
import { Problem, type Schemas, send } from '../api/client';
import { useResource } from '../api/resource';
import { ErrorBox } from '../components/boxes';
import { Page } from '../components/Page';
import { BASE, link } from '../router/links';

type Create = Schemas['ClusterCreate'];

/** Lines `Name=value`; what has no `=` is refused. */
export function optionsOf(text: string): Record<string, string> {
  const options: Record<string, string> = {};
  for (const line of text.split('\n').map((l) => l.trim())) {
    if (line === '' || line.startsWith('#')) continue;
    const at = line.indexOf('=');
    if (at <= 0)
      throw new Problem(0, 'Scheduler options', `'${line}' is no option: one on each line, as NAME=VALUE.`);
    options[line.slice(0, at).trim()] = line.slice(at + 1).trim();
  }
  return options;
}

function bodyOf(form: FormData): Create {
  const text = (name: string) => String(form.get(name) ?? '').trim();
  const body: Create = {
    compute: Number(text('compute')),
    node: { cpus: Number(text('cpus')), memory: text('memory') },
    image: text('image'),
    scheduler: { name: text('scheduler') as 'slurm', options: optionsOf(text('options')) },
  };
  if (text('name')) body.name = text('name');
  if (text('profile') === 'fair') body.scheduler = { ...body.scheduler, profile: 'fair' };
  if (form.get('oversubscribe')) body.admission = { oversubscribe: true };
  return body;
}

export default function NewCluster() {
  const images = useResource('/v1/images', { query: { state: ['ready'], limit: 500 } });
  const schedulers = useResource('/v1/schedulers');
  const { route } = useLocation();
  const [scheduler, setScheduler] = useState('slurm');
  const up = useAction(async (form: FormData) => {
    const cluster = await send<Schemas['Cluster']>('POST', '/v1/clusters', {}, bodyOf(form));
    route(link.cluster(cluster.id));
  });
  const chosen = schedulers.data?.items.find((s) => s.name === scheduler);
  const names = [...new Set(images.data?.items.map((image) => image.name))];
  return (
    <Page title="Bring up a cluster">
      <ErrorBox error={images.error ?? schedulers.error} />
      <form
        class="form"
        onSubmit={(e) => {
          e.preventDefault();
          void up.act(new FormData(e.currentTarget));
        }}
      >
        <label>
          Name
          <input
            name="name"
            pattern="[a-z0-9]([a-z0-9\-]{0,38}[a-z0-9])?"
            placeholder="without one, its id is its name"
          />
        </label>
        <label>
          Compute nodes
          <input name="compute" type="number" min={1} max={250} defaultValue="2" required />
        </label>
        <label>
          CPUs of each node
          <input name="cpus" type="number" min={0.01} step={0.01} defaultValue="0.25" required />
        </label>
        <label>
          Memory of each node
          <input
            name="memory"
            pattern="[1-9][0-9]{0,14}(B|KiB|MiB|GiB|TiB)?"
            defaultValue="256MiB"
            required
          />
        </label>
        <label>
          Image
          <select name="image">
            {names.length === 0 && <option value="debian-bookworm">debian-bookworm</option>}
            {names.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <label>
          Scheduler
          <select name="scheduler" value={scheduler} onChange={(e) => setScheduler(e.currentTarget.value)}>
            {(schedulers.data?.items ?? []).map((s) => (
              <option key={s.name} value={s.name}>
                {s.name}
              </option>
            ))}
          </select>
        </label>
        <label>
          Profile
          <select name="profile">
            <option value="default">the scheduler's own settings</option>
            <option value="fair">fair: comparable with other schedulers</option>
          </select>
        </label>
        <label class="wide">
          Options of the scheduler
          <textarea
            name="options"
            rows={4}
            spellcheck={false}
            placeholder="SchedulerType=sched/backfill"
            aria-describedby="options-help"
          />
          <small id="options-help">
            One on each line, as NAME=VALUE.
            {chosen &&
              chosen.ownedOptions.length > 0 &&
              ` Not these, which follow from the cluster: ${chosen.ownedOptions.join(', ')}.`}
          </small>
        </label>
        <label class="wide">
          <input name="oversubscribe" type="checkbox" />
          More memory than the host has is allowed, which spoils measurements
        </label>
        <div class="wide">
          <ErrorBox error={up.error} />
          <button type="submit" aria-busy={up.busy} disabled={up.busy}>
            Bring it up
          </button>{' '}
          <a href={`${BASE}clusters`}>Back to the clusters</a>
        </div>
      </form>
      {images.data && names.length === 0 && (
        <p class="muted">
          No image is ready. <a href={`${BASE}images`}>Build one first.</a>
        </p>
      )}
    </Page>
  );
}
