// The metrics listeners: served by the main thread, which has the numbers of all others.
import type { TextServer } from '../../base/http/text-server.ts';
import type { Log } from '../../base/log.ts';
import { startMetricsServer } from '../../servers/metrics/metrics-server.ts';
import type { Config, Listener } from '../config/config.ts';
import type { House } from './house.ts';
import type { PortChange } from './listening-ports.ts';

interface MetricsListener {
  readonly address: string;
  readonly server: TextServer;
  /** It is not on its own port; null: it is. */
  readonly moved: PortChange | null;
}

/** Listens on every `metrics` listener; their ports are high, so that no privilege is needed. */
export async function serveMetrics(
  config: Config,
  house: House,
  { mayMove, log }: { readonly mayMove: boolean; readonly log: Log },
): Promise<MetricsListener[]> {
  const listenAt = (address: string, port: number): Promise<TextServer> =>
    startMetricsServer({
      listen: { address, port },
      allowFrom: config.metrics.allowFrom,
      collect: () => house.collect(),
      ready: () => house.missing(),
      log,
    });
  const open = async (listener: Listener): Promise<MetricsListener> => {
    const address = listener.address === '*' ? '::' : listener.address;
    const { protocol, port: wanted } = listener;
    try {
      return { address, server: await listenAt(address, wanted), moved: null };
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (!mayMove || listener.portWritten || (code !== 'EADDRINUSE' && code !== 'EACCES')) throw error;
      const server = await listenAt(address, 0);
      return { address, server, moved: { protocol, wanted, taken: server.port, reason: code } };
    }
  };
  return await Promise.all(config.listeners.filter(({ protocol }) => protocol === 'metrics').map(open));
}
