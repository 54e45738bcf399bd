import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { useAction } from '../api/action';
import { get, Problem, type Schemas, send } from '../api/client';
import { useResource } from '../api/resource';
import { ErrorBox } from '../components/boxes';
import { plural } from '../components/format';
import { Menu } from '../components/Menu';
import { Page, Section } from '../components/Page';
import { PlanView } from '../components/PlanView';
import { SpecEditor } from '../components/SpecEditor';
import { BASE, link } from '../router/links';
import { discard, draft, keep } from '../spec/draft';
import type { Editor } from '../spec/editor';
import { examples } from '../spec/examples';
import { knowledge } from '../spec/known';
import { type Planned, usePlan } from '../spec/plan';
import { withoutDefaults } from '../spec/schema';
import { type Mark, parseSpec, specAsText } from '../spec/text';

const FIRST = 'first-campaign';

/** As it was written, more or less: what is there by default and the digests of what was taken then are left out. */
async function specOf(campaign: string): Promise<string> {
  const [{ spec, name }, known] = await Promise.all([
    get('/v1/campaigns/{campaignId}', { path: { campaignId: campaign } }),
    knowledge(),
  ]);
  const { apiVersion, images, workloads, composition, ...rest } = (spec ?? {}) as Record<string, unknown>;
  const root = known.definitions.CampaignSpec ?? {};
  return `# As campaign ${campaign} (${name}), with the images and workloads of today.\n${specAsText(withoutDefaults(rest, root, known.definitions))}`;
}

export default function NewCampaign() {
  const { query, route } = useLocation();
  const [text, setText] = useState(() => draft()?.text ?? '');
  const editor = useRef<Editor | null>(null);
  const planned = usePlan(text);
  const type = useCallback((typed: string) => {
    setText(typed);
    keep(typed);
  }, []);
  const start = useAction(async (load: () => Promise<string>) => {
    const loaded = await load();
    type(loaded);
    editor.current?.setText(loaded);
  });
  const from = query.from;
  useEffect(() => {
    const first = examples.find((e) => e.name === FIRST);
    if (from) {
      void start.act(() => specOf(from));
      route(`${BASE}campaigns/new`, true);
    } else if (draft() === null && first) void start.act(first.load);
  }, [from]);

  const submit = useAction(async () => {
    const { value, marks } = parseSpec(text);
    if (marks[0]) throw new Problem(0, 'The spec is no YAML', marks[0].message);
    const { key } = keep(text);
    const campaign = await send<Schemas['Campaign']>('POST', '/v1/campaigns', { key }, value);
    discard();
    route(link.campaign(campaign.id));
  });

  return (
    <Page title="New campaign" tools={<Starts start={(load) => void start.act(load)} />}>
      <ErrorBox error={start.error} />
      <div class="spec">
        <SpecEditor
          label="Spec of the campaign, as YAML"
          text={text}
          onChange={type}
          marks={planned.marks}
          onReady={(made) => {
            editor.current = made;
          }}
        />
        <div class="beside">
          <ErrorBox error={submit.error} />
          <div class="tools">
            <button
              type="button"
              disabled={submit.busy || planned.marks.length > 0 || text.trim() === ''}
              aria-busy={submit.busy}
              onClick={() => void submit.act()}
            >
              Submit
            </button>
            <Said planned={planned} empty={text.trim() === ''} />
          </div>
          <Faults marks={planned.marks} text={text} goTo={(at) => editor.current?.goTo(at)} />
          <ErrorBox error={planned.error} />
          {planned.plan && (
            <Section title={planned.current ? 'The plan' : 'The plan, of before the last changes'}>
              <PlanView plan={planned.plan} />
            </Section>
          )}
        </div>
      </div>
    </Page>
  );
}

/** What it can be begun with. What is typed so far can be had back by undoing. */
function Starts({ start }: { start: (load: () => Promise<string>) => void }) {
  const earlier = useResource('/v1/campaigns', { query: { limit: 15 } });
  return (
    <>
      <Menu label="From an example">
        {examples.map((example) => (
          <button key={example.name} type="button" onClick={() => start(example.load)}>
            {example.name}
          </button>
        ))}
      </Menu>
      <Menu label="From an earlier campaign">
        {earlier.data?.items.map((campaign) => (
          <button key={campaign.id} type="button" onClick={() => start(() => specOf(campaign.id))}>
            {campaign.name} {campaign.id}
          </button>
        ))}
        {earlier.data?.items.length === 0 && <span>There is none yet.</span>}
      </Menu>
    </>
  );
}

function Said({ planned, empty }: { planned: Planned; empty: boolean }) {
  const { marks, busy, plan, current, error } = planned;
  let words = 'No plan yet';
  if (empty) words = 'Write a spec, or begin with an example.';
  else if (busy) words = 'Working the plan out';
  else if (marks.length > 0) words = plural(marks.length, 'fault');
  else if (error) words = 'No plan could be made';
  else if (plan && current) words = `${plural(plan.cells, 'cell')}, ${plural(plan.runs, 'run')}`;
  return (
    <span role="status" class="muted">
      {words}
    </span>
  );
}

function Faults({ marks, text, goTo }: { marks: readonly Mark[]; text: string; goTo: (at: number) => void }) {
  if (marks.length === 0) return null;
  const line = (mark: Mark) => text.slice(0, mark.from).split('\n').length;
  return (
    <div class="box bad">
      <ul class="faults">
        {marks.map((mark) => (
          <li key={`${mark.from} ${mark.message}`}>
            <button type="button" class="link" onClick={() => goTo(mark.from)}>
              Line {line(mark)}
            </button>{' '}
            {mark.message}
          </li>
        ))}
      </ul>
    </div>
  );
}
