import { Badge } from './Badge';

interface Props<S extends string> {
  all: readonly S[];
  /** None: all of them. */
  chosen: readonly S[];
  choose: (states: readonly S[]) => void;
}

/** Which states a list is of; the daemon does the choosing, so that long lists need not be read. */
export function StateFilter<S extends string>({ all, chosen, choose }: Props<S>) {
  return (
    <details class="menu">
      <summary>{chosen.length === 0 ? 'All states' : chosen.join(', ')}</summary>
      <fieldset class="items">
        <legend class="hidden">States</legend>
        {all.map((state) => (
          <label key={state}>
            <input
              type="checkbox"
              checked={chosen.includes(state)}
              onChange={(e) =>
                choose(e.currentTarget.checked ? [...chosen, state] : chosen.filter((s) => s !== state))
              }
            />
            <Badge word={state} />
          </label>
        ))}
      </fieldset>
    </details>
  );
}
