// Measures one round: the wall clock around the work, the servers' CPU time before and after.
import type { Work } from '../cases/bench-case.ts';
import type { RunningServer } from '../servers/server.ts';
import { cpuMsOf } from './process-tree.ts';

/**
 * Runs the work and measures it. The work resolves to the time (performance.now()) at which it was done, or to nothing
 * when that is now.
 */
export async function meter(
  servers: readonly RunningServer[],
  units: number,
  work: () => Promise<number | undefined>,
): Promise<Work> {
  const roots = servers.flatMap((server) => server.roots);
  const cpuBefore = cpuMsOf(roots);
  const from = performance.now();
  const doneAt = (await work()) ?? performance.now();
  return { units, seconds: (doneAt - from) / 1000, cpuMs: cpuMsOf(roots) - cpuBefore };
}
