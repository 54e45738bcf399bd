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
  { path: 'campaigns', nav: 'Campaigns', load: () => import('../pages/Campaigns') },
  { path: 'campaigns/new', load: () => import('../pages/NewCampaign') },
  { path: 'campaigns/:id', load: () => import('../pages/Campaign') },
  { path: 'runs', nav: 'Runs', load: () => import('../pages/Runs') },
  { path: 'runs/:id', load: () => import('../pages/Run') },
  { path: 'clusters', nav: 'Clusters', load: () => import('../pages/Clusters') },
  { path: 'clusters/new', load: () => import('../pages/NewCluster') },
  { path: 'clusters/:id', load: () => import('../pages/Cluster') },
  { path: 'images', nav: 'Images', load: () => import('../pages/Images') },
  { path: 'images/:id', load: () => import('../pages/Image') },
  { path: 'workloads', nav: 'Workloads', load: () => import('../pages/Workloads') },
  { path: 'workloads/:name', load: () => import('../pages/Workload') },
  { path: 'schedulers', nav: 'Schedulers', load: () => import('../pages/Schedulers') },
  { path: 'hosts', nav: 'Hosts', load: () => import('../pages/Hosts') },
  { path: 'inputs', nav: 'Inputs', load: () => import('../pages/Inputs') },
  { path: 'fragments', nav: 'Fragments', load: () => import('../pages/Fragments') },
  { path: 'events', nav: 'Events', load: () => import('../pages/Events') },
];
