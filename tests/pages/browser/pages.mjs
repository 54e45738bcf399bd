// The pages. What is checked of every page is checked of each row: its address, and texts that it has to show.
// `args` are ids of things that the daemon has; `empty` is what it says where there are none.
const none = () => [];

export const pages = [
  {
    name: 'overview',
    path: () => '/ui/',
    shows: () => ['Now', 'Queue', 'Hosts', 'Last campaigns'],
    empty: 'Nothing runs.',
  },
  {
    name: 'campaigns',
    path: () => '/ui/campaigns',
    shows: (a) => [a.campaignName],
    empty: 'no campaigns yet',
  },
  { name: 'new-campaign', path: () => '/ui/campaigns/new', shows: none },
  {
    name: 'campaign',
    path: (a) => `/ui/campaigns/${a.campaign}`,
    shows: (a) => [a.campaignName, 'Cells and blocks', 'Checklist'],
  },
  { name: 'runs', path: () => '/ui/runs', shows: (a) => [a.run], empty: 'no runs yet' },
  {
    name: 'run',
    path: (a) => `/ui/runs/${a.run}`,
    shows: (a) => [`Run ${a.run}`, 'Steps over time', 'Topology', 'Left on the host'],
  },
  {
    name: 'run-failed',
    path: (a) => `/ui/runs/${a.failed}`,
    shows: (a) => ['Failed in step', a.failedSays],
  },
  {
    name: 'clusters',
    path: () => '/ui/clusters',
    shows: (a) => [a.cluster],
    empty: 'There are no clusters.',
  },
  { name: 'new-cluster', path: () => '/ui/clusters/new', shows: none },
  { name: 'cluster', path: (a) => `/ui/clusters/${a.cluster}`, shows: (a) => [`Cluster ${a.cluster}`] },
  { name: 'images', path: () => '/ui/images', shows: (a) => [a.imageName], empty: 'no images yet' },
  { name: 'image', path: (a) => `/ui/images/${a.image}`, shows: (a) => [`Image ${a.imageName}`] },
  { name: 'workloads', path: () => '/ui/workloads', shows: () => ['jobstream'] },
  { name: 'workload', path: () => '/ui/workloads/jobstream', shows: () => ['Parameters'] },
  { name: 'schedulers', path: () => '/ui/schedulers', shows: () => ['slurm'] },
  { name: 'hosts', path: () => '/ui/hosts', shows: () => ['Processor'] },
  { name: 'inputs', path: () => '/ui/inputs', shows: none, empty: 'There are none yet.' },
  { name: 'fragments', path: () => '/ui/fragments', shows: () => ['small'] },
  { name: 'events', path: () => '/ui/events', shows: none, empty: 'Nothing has happened yet.' },
  { name: 'docs', path: () => '/docs', shows: none, foreign: true },
];
