// What can be done with a campaign: hold it, let it go on, end it, add cells, take its results away.
import { useAction } from '../api/action';
import { address, Problem, type Schemas, send } from '../api/client';
import { ErrorBox } from '../components/boxes';
import { Confirm } from '../components/Confirm';
import { Downloads } from '../components/Menu';
import { link } from '../router/links';

type Campaign = Schemas['Campaign'];
export const ENDED = ['done', 'failed', 'cancelled'];

const EXPORTS = [
  ['json', 'Runs and metrics, as JSON', 'json'],
  ['csv', 'Runs and metrics, as CSV', 'csv'],
  ['junit', 'Test results, as JUnit XML', 'xml'],
  ['openmetrics', 'Metrics, as OpenMetrics', 'txt'],
] as const;

export function Results({ campaign }: { campaign: Campaign }) {
  const path = { campaignId: campaign.id };
  const name = (what: string) => `${campaign.name}-${campaign.id}${what}`;
  return (
    <Downloads
      items={[
        {
          label: 'Report, one file of HTML',
          href: address('/v1/campaigns/{campaignId}/report', { path, query: { format: 'html' } }),
          name: name('.html'),
        },
        {
          label: 'Report, as Markdown',
          href: address('/v1/campaigns/{campaignId}/report', { path, query: { format: 'markdown' } }),
          name: name('.md'),
        },
        {
          label: 'Crate: all of it, signed',
          href: address('/v1/campaigns/{campaignId}/crate', { path }),
          name: name('.crate.zip'),
        },
        {
          label: 'Analysis, as JSON',
          href: address('/v1/campaigns/{campaignId}/analysis', { path }),
          name: name('.analysis.json'),
        },
        ...EXPORTS.map(([format, label, ending]) => ({
          label,
          href: address('/v1/campaigns/{campaignId}/export', { path, query: { format } }),
          name: name(`.${ending}`),
        })),
      ]}
    />
  );
}

export interface Moves {
  busy: boolean;
  error: Problem | null;
  act: (verb: 'pause' | 'resume' | 'cancel') => Promise<void>;
}

export function useMoves(id: string, after: () => void): Moves {
  return useAction(async (verb: 'pause' | 'resume' | 'cancel') => {
    await send('POST', `/v1/campaigns/{campaignId}/${verb}`, { path: { campaignId: id } });
    after();
  });
}

export function Control({ campaign, moves }: { campaign: Campaign; moves: Moves }) {
  const { state } = campaign;
  const verb = state === 'paused' ? 'resume' : 'pause';
  const going = !ENDED.includes(state) && state !== 'cancelling';
  return (
    <>
      {going && (
        <button
          type="button"
          class="secondary small"
          disabled={moves.busy}
          aria-busy={moves.busy}
          onClick={() => void moves.act(verb)}
        >
          {verb === 'pause' ? 'Pause' : 'Resume'}
        </button>
      )}
      {!ENDED.includes(state) && (
        <Confirm
          label="Cancel"
          sure="Cancel it for good"
          busy={moves.busy || state === 'cancelling'}
          onConfirm={() => void moves.act('cancel')}
        />
      )}
      <a class="button small" href={link.newCampaign(campaign.id)}>
        New from this
      </a>
      <Results campaign={campaign} />
    </>
  );
}

export function AddCells({ campaign, after }: { campaign: Campaign; after: () => void }) {
  const add = useAction(async (form: HTMLFormElement) => {
    const { parseSpec } = await import('../spec/text');
    const { value, marks } = parseSpec(String(new FormData(form).get('cells')));
    if (marks[0]) throw new Problem(0, 'The cells are no YAML', marks[0].message);
    if (!Array.isArray(value))
      throw new Problem(
        0,
        'The cells',
        'A list is needed, each item with its levels: `- cluster.compute: 6`.',
      );
    const key = `${campaign.id}-${campaign.plan.cells}-${digestOf(JSON.stringify(value))}`;
    await send(
      'POST',
      '/v1/campaigns/{campaignId}/cells',
      { path: { campaignId: campaign.id }, key },
      { cells: value },
    );
    form.reset();
    after();
  });
  const path = Object.keys(campaign.spec?.factors ?? {})[0] ?? 'cluster.compute';
  return (
    <details>
      <summary>Add cells</summary>
      <form
        onSubmit={(e) => {
          e.preventDefault();
          void add.act(e.currentTarget);
        }}
      >
        <label>
          Cells, as YAML
          <textarea
            name="cells"
            rows={4}
            required
            spellcheck={false}
            placeholder={`- ${path}: 6\n- ${path}: 8`}
            aria-describedby="cells-help"
          />
        </label>
        <p class="small muted" id="cells-help">
          One an item; a path that is not named has the value of the base. They are run in all blocks, after
          all that was there before, and what is found is at most exploratory.
        </p>
        <ErrorBox error={add.error} />
        <button type="submit" class="small" disabled={add.busy} aria-busy={add.busy}>
          Add them
        </button>
      </form>
    </details>
  );
}

/** Short, and the same for the same text: asked twice, cells are added once. FNV-1a of 64 bits. */
function digestOf(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(text))
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash.toString(16);
}
