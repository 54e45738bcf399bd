import { useState } from 'preact/hooks';
import type { Schemas } from '../api/client';
import { usePages } from '../api/pages';
import { about } from '../api/resource';
import { campaignColumns, campaignRow } from '../components/lists';
import { Page } from '../components/Page';
import { StateList } from '../components/StateList';
import { link } from '../router/links';

type State = Schemas['CampaignState'];
const STATES: readonly State[] = ['queued', 'running', 'paused', 'cancelling', 'done', 'failed', 'cancelled'];

export default function Campaigns() {
  const [states, setStates] = useState<readonly State[]>([]);
  const list = usePages('/v1/campaigns', { query: { state: states } }, campaignRow, {
    on: about('campaign/', 'run/'),
  });
  return (
    <Page
      title="Campaigns"
      tools={
        <a class="button" href={link.newCampaign()}>
          New campaign
        </a>
      }
    >
      <StateList
        label="campaigns"
        list={list}
        columns={campaignColumns}
        states={STATES}
        chosen={states}
        choose={setStates}
        noneChosen="No campaign is in such a state."
      >
        There are no campaigns yet. <a href={link.newCampaign()}>Write one</a>, or{' '}
        <code>benchctl campaign submit SPEC.yaml</code>.
      </StateList>
    </Page>
  );
}
