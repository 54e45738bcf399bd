import type { ComponentChildren } from 'preact';
import type { Pages } from '../api/pages';
import { Empty, ErrorBox, Loading } from './boxes';
import { StateFilter } from './StateFilter';
import { type Column, Table } from './Table';

interface Props<R extends { id: string }, S extends string> {
  /** Of many: "campaigns". */
  label: string;
  list: Pages<R>;
  columns: readonly Column<R>[];
  states: readonly S[];
  chosen: readonly S[];
  choose: (states: readonly S[]) => void;
  /** Said where there is none in the states that were chosen. */
  noneChosen: string;
  /** What is said where there is none at all. */
  children: ComponentChildren;
}

/** A long list of things that have states, as far as it was read. */
export function StateList<R extends { id: string }, S extends string>(props: Props<R, S>) {
  const { list, chosen } = props;
  return (
    <>
      <ErrorBox error={list.error} retry={list.reload} />
      {list.loading && <Loading what={props.label} />}
      <Table
        label={props.label}
        rows={list.rows}
        columns={props.columns}
        more={list.more}
        extend={list.extend}
        extendAll={list.extendAll}
        tools={<StateFilter all={props.states} chosen={chosen} choose={props.choose} />}
      />
      {!list.loading && !list.error && list.rows.length === 0 && (
        <Empty>{chosen.length > 0 ? props.noneChosen : props.children}</Empty>
      )}
    </>
  );
}
