import type { Schemas } from '../api/client';
import { Badge } from './Badge';
import { plural } from './format';

type Changes = Schemas['HostChange'][];

const List = ({ items }: { items: Changes }) => (
  <ul>
    {items.map((change) => (
      <li key={`${change.kind} ${change.item} ${change.change}`}>
        {change.kind} <code>{change.item}</code> {change.change}
      </li>
    ))}
  </ul>
);

/** What differs on the host from before: nothing, if all is well. */
export function Residue({ residue }: { residue: Schemas['Residue'] }) {
  const others = (residue.others?.length ?? 0) + (residue.othersLeftOut ?? 0);
  return (
    <>
      {residue.empty ? (
        <p>
          <Badge word="nothing" tone="good" /> The host is as it was before.
        </p>
      ) : (
        <div class="box bad">
          <Badge word={plural(residue.differences.length, 'difference')} tone="bad" />
          <List items={residue.differences} />
        </div>
      )}
      {others > 0 && (
        <details>
          <summary>{plural(others, 'change')} by other programs meanwhile</summary>
          <List items={residue.others ?? []} />
          {residue.othersLeftOut !== undefined && <p>And {residue.othersLeftOut} more.</p>}
        </details>
      )}
    </>
  );
}
