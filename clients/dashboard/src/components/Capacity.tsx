// How much of a host is promised to nodes.
import type { Schemas } from '../api/client';
import { Gauge } from './boxes';
import { bytes, number } from './format';

type Of = Pick<Schemas['Host']['capacity'], 'cpus' | 'cpusInUse' | 'memoryBytes' | 'memoryInUseBytes'>;

export const Capacity = ({ of }: { of: Of }) => (
  <>
    <Gauge
      label="CPUs"
      used={of.cpusInUse}
      all={of.cpus}
      text={`${number(of.cpusInUse, 3)} of ${number(of.cpus, 3)} promised to nodes`}
    />
    <Gauge
      label="Memory"
      used={of.memoryInUseBytes}
      all={of.memoryBytes}
      text={`${bytes(of.memoryInUseBytes)} of ${bytes(of.memoryBytes)} promised to nodes`}
    />
  </>
);
