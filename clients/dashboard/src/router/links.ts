// Where things are shown. One place, so that a page can move.
export const BASE = '/ui/';

export const link = {
  campaign: (id: string) => `${BASE}campaigns/${id}`,
  newCampaign: (from?: string) => `${BASE}campaigns/new${from === undefined ? '' : `?from=${from}`}`,
  run: (id: string) => `${BASE}runs/${id}`,
  cluster: (id: string) => `${BASE}clusters/${id}`,
  image: (id: string) => `${BASE}images/${id}`,
  workload: (name: string) => `${BASE}workloads/${encodeURIComponent(name)}`,
};

/** The page of an event's subject, `run/1f2e3d4c`; null where there is none. */
export function linkOfSubject(subject: string): string | null {
  const [kind = '', id = ''] = subject.split('/');
  switch (kind) {
    case 'campaign':
      return link.campaign(id);
    case 'run':
      return link.run(id);
    case 'cluster':
      return link.cluster(id);
    case 'image':
      return link.image(id);
    case 'workload':
      return link.workload(id);
    case 'input':
      return `${BASE}inputs`;
    case 'host':
      return `${BASE}hosts`;
    default:
      return null;
  }
}
