// The nodes of a cluster around its network, each with its state.
import * as Plot from '@observablehq/plot';
import { type ChartOptions, type Drawn, draw } from './plot';

export interface TopologyNode {
  name: string;
  role: string;
  state: string;
  address: string | null;
  /** How its state is to be seen. */
  tone: 'good' | 'busy' | 'wait' | 'warn' | 'bad' | 'off';
}

export interface Topology {
  /** What the nodes are joined by, in a word or two. */
  network: string;
  nodes: readonly TopologyNode[];
}

const TONES = ['good', 'busy', 'wait', 'warn', 'bad', 'off'];
const SYMBOLS = ['circle', 'triangle', 'square', 'diamond', 'times', 'plus'];
const CELL_PX = 96;
const ROW_PX = 74;

export function topology({ network, nodes }: Topology, { width }: ChartOptions): Drawn {
  const across = Math.max(2, Math.floor(width / CELL_PX));
  const heads = nodes.filter((node) => node.role === 'controller');
  const rest = nodes.filter((node) => node.role !== 'controller');
  const headRows = Math.ceil(heads.length / across);
  const place = (list: readonly TopologyNode[], top: number) =>
    list.map((node, n) => {
      const row = Math.floor(n / across);
      const inRow = Math.min(across, list.length - row * across);
      return { ...node, x: ((n % across) + 0.5) / inRow, y: top + row };
    });
  const placed = [...place(heads, 0), ...place(rest, headRows + 1)];
  const rows = headRows + 1 + Math.ceil(rest.length / across);
  const net = { x: 0.5, y: headRows };
  const element = draw({
    width,
    height: rows * ROW_PX,
    marginTop: 30,
    marginBottom: 48,
    x: { axis: null, domain: [0, 1] },
    y: { axis: null, domain: [0, Math.max(rows - 1, 1)], reverse: true },
    color: { domain: TONES, range: TONES.map((tone) => `var(--${tone})`) },
    symbol: { domain: TONES, range: SYMBOLS },
    marks: [
      Plot.link(placed, { x1: 'x', y1: 'y', x2: net.x, y2: net.y, stroke: 'var(--line)' }),
      Plot.dot([net], {
        x: 'x',
        y: 'y',
        r: 9,
        symbol: 'square2',
        fill: 'var(--raised)',
        stroke: 'var(--muted)',
      }),
      Plot.text([net], {
        x: 'x',
        y: 'y',
        text: () => network,
        dx: 16,
        textAnchor: 'start',
        stroke: 'var(--plot-background)',
        strokeWidth: 4,
        fill: 'currentColor',
      }),
      Plot.dot(placed, {
        x: 'x',
        y: 'y',
        r: 7,
        symbol: 'tone',
        fill: 'tone',
        stroke: 'tone',
        strokeWidth: 2,
        title: (d: TopologyNode) => `${d.name}: ${d.role}, ${d.state}, ${d.address ?? 'no address'}`,
      }),
      Plot.text(placed, {
        x: 'x',
        y: 'y',
        text: (d: TopologyNode) => `${d.name}\n${d.state}`,
        dy: 12,
        lineAnchor: 'top',
      }),
    ],
  });
  return {
    element,
    columns: ['node', 'role', 'state', 'address'],
    rows: nodes.map((node) => [node.name, node.role, node.state, node.address]),
  };
}
