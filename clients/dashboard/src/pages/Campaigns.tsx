import { useState } from 'preact/hooks';
import type { Schemas } from '../api/client';
import { usePages } from '../api/pages';
import { about } from '../api/resource';
import { Empty, ErrorBox, Loading } from '../components/boxes';
import { campaignColumns, campaignRow } from '../components/lists';
import { Page } from '../components/Page';
import { StateFilter } from '../components/StateFilter';
import { Table } from '../components/Table';
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
      <ErrorBox error={list.error} retry={list.reload} />
      {list.loading && <Loading what="campaigns" />}
      <Table
        label="campaigns"
        rows={list.rows}
        columns={campaignColumns}
        more={list.more}
        extend={list.extend}
        extendAll={list.extendAll}
        tools={<StateFilter all={STATES} chosen={states} choose={setStates} />}
      />
      {!list.loading && !list.error && list.rows.length === 0 && (
        <Empty>
          {states.length > 0 ? 'No campaign is in such a state.' : 'There are no campaigns yet. '}
          {states.length === 0 && (
            <>
              <a href={link.newCampaign()}>Write one</a>, or <code>benchctl campaign submit SPEC.yaml</code>.
            </>
          )}
        </Empty>
      )}
    </Page>
  );
}
