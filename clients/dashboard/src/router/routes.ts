// The pages. One row and one file in pages/ make a page; with `nav` it is in the navigation.
import type { ComponentType } from 'preact';

export interface PageProps {
  /** From `:names` in the path. */
  params: Record<string, string>;
}

export interface Route {
  path: string;
  nav?: string;
  load: () => Promise<{ default: ComponentType<PageProps> }>;
}

export const routes: readonly Route[] = [
  { path: '', nav: 'Overview', load: () => import('../pages/Overview') },
];
