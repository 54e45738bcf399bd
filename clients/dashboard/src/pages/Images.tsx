import { useAction } from '../api/action';
import { type Schemas, send } from '../api/client';
import { usePages } from '../api/pages';
import { about, useLive, useResource } from '../api/resource';
import { Badge } from '../components/Badge';
import { Empty, ErrorBox, Loading } from '../components/boxes';
import { Page, Section } from '../components/Page';
import { type Column, Table } from '../components/Table';
import { Ago, Bytes } from '../components/time';
import { link } from '../router/links';

type Row = Pick<
  Schemas['Image'],
  'id' | 'name' | 'recipe' | 'state' | 'sizeBytes' | 'packageCount' | 'createdAt'
> & {
  workloads: string;
  said: string | null;
};

const rowOf = (image: Schemas['Image']): Row => ({
  id: image.id,
  name: image.name,
  recipe: image.recipe,
  state: image.state,
  sizeBytes: image.sizeBytes,
  packageCount: image.packageCount,
  createdAt: image.createdAt,
  workloads: image.workloads.join(', '),
  said: (image.error?.detail ?? (image.state === 'building' ? image.progress : null))?.slice(0, 300) ?? null,
});

const COLUMNS: readonly Column<Row>[] = [
  { name: 'Image', value: (i) => i.name, show: (i) => <a href={link.image(i.id)}>{i.name}</a> },
  { name: 'Id', value: (i) => i.id, show: (i) => <code>{i.id}</code> },
  { name: 'State', value: (i) => i.state, show: (i) => <Badge word={i.state} /> },
  { name: 'Recipe', value: (i) => i.recipe },
  { name: 'For workloads', value: (i) => i.workloads || null, width: 30 },
  { name: 'Size', value: (i) => i.sizeBytes, show: (i) => <Bytes n={i.sizeBytes} />, figures: true },
  { name: 'Packages', value: (i) => i.packageCount, figures: true },
  { name: 'Made', value: (i) => i.createdAt, show: (i) => <Ago at={i.createdAt} /> },
  { name: 'What the build says', value: (i) => i.said, width: 60 },
];

export default function Images() {
  const list = usePages('/v1/images', {}, rowOf, { on: about('image/') });
  useLive(
    list.rows.some((image) => image.state === 'building'),
    list.reload,
  );
  return (
    <Page title="Images">
      <ErrorBox error={list.error} retry={list.reload} />
      {list.loading && <Loading what="images" />}
      <Table label="images" rows={list.rows} columns={COLUMNS} more={list.more} extend={list.extend} />
      {!list.loading && !list.error && list.rows.length === 0 && (
        <Empty>There are no images yet: nodes are made of them.</Empty>
      )}
      <Build done={list.reload} />
    </Page>
  );
}

function Build({ done }: { done: () => void }) {
  const workloads = useResource('/v1/workloads');
  const build = useAction(async (form: FormData) => {
    const wanted = form.getAll('workloads').map(String);
    const body: Partial<Schemas['ImageBuild']> = { recipe: String(form.get('recipe')).trim() };
    if (wanted.length > 0) body.workloads = wanted;
    if (form.get('rebuild')) body.rebuild = true;
    await send('POST', '/v1/images', {}, body);
    done();
  });
  const needing = (workloads.data?.items ?? []).filter((w) => w.kind !== 'builtin' && !w.error);
  return (
    <Section title="Build one">
      <form
        class="form"
        onSubmit={(e) => {
          e.preventDefault();
          void build.act(new FormData(e.currentTarget));
        }}
      >
        <label>
          Recipe
          <input
            name="recipe"
            defaultValue="debian-bookworm"
            pattern="[a-z0-9]([a-z0-9.\-]{0,62}[a-z0-9])?"
            required
          />
        </label>
        <label>
          With what these workloads need
          <select name="workloads" multiple size={5}>
            {needing.map((w) => (
              <option key={w.name} value={w.name}>
                {w.name}
              </option>
            ))}
          </select>
        </label>
        <label class="wide">
          <input type="checkbox" name="rebuild" /> Again, though the recipe is the same, to get newer packages
        </label>
        <div class="wide">
          <ErrorBox error={build.error ?? workloads.error} />
          <button type="submit" aria-busy={build.busy} disabled={build.busy}>
            Build
          </button>
        </div>
      </form>
    </Section>
  );
}
