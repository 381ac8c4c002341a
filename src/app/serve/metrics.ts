// The metrics listeners: served by the main thread, which has the numbers of all others.
import type { Log } from '../../base/log.ts';
import { startMetricsServer } from '../../servers/metrics/metrics-server.ts';
import type { Config } from '../config/config.ts';
import type { House } from './house.ts';

/** Listens on every `metrics` listener; their ports are high, so that no privilege is needed. */
export async function serveMetrics(
  config: Config,
  house: House,
  log: Log,
): Promise<{ address: string; server: Awaited<ReturnType<typeof startMetricsServer>> }[]> {
  const wanted = config.listeners.filter(({ protocol }) => protocol === 'metrics');
  return await Promise.all(
    wanted.map(async (listener) => {
      const address = listener.address === '*' ? '::' : listener.address;
      const server = await startMetricsServer({
        listen: { address, port: listener.port },
        allowFrom: config.metrics.allowFrom,
        collect: () => house.collect(),
        ready: () => house.missing(),
        log,
      });
      return { address, server };
    }),
  );
}
