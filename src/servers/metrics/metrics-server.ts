// The `metrics` listener: numbers for Prometheus, and whether the server lives and is ready.
import { startTextServer, type TextServer } from '../../base/http/text-server.ts';
import type { Log } from '../../base/log.ts';
import type { ThreadSnapshot } from '../../base/metrics/collect.ts';
import { inCidr, type Cidr } from '../../base/net/ip.ts';
import { METRICS } from '../../services/metrics/metric-table.ts';
import { EXPOSITION_TYPE, formatExposition } from './exposition.ts';

export interface MetricsServerOptions {
  /** A socket that is bound already, or where to listen (port 0: the system picks one). */
  readonly listen: { readonly fd: number } | { readonly address: string; readonly port: number };
  /** Who may ask. */
  readonly allowFrom: readonly Cidr[];
  /** The numbers of all threads. */
  readonly collect: () => Promise<readonly ThreadSnapshot[]>;
  /** What is missing for mail to be taken, in a few words each; empty: nothing. */
  readonly ready: () => Promise<readonly string[]> | readonly string[];
  readonly log: Log;
}

/** Starts the listener; rejects when it cannot listen. `close` ends it. */
export async function startMetricsServer(options: MetricsServerOptions): Promise<TextServer> {
  const { listen, allowFrom, collect, ready, log } = options;
  return await startTextServer({
    listen,
    log,
    allows: (address) => allowFrom.some((network) => inCidr(network, address)),
    routes: {
      '/metrics': async () => ({
        status: 200,
        type: EXPOSITION_TYPE,
        text: await formatExposition(METRICS, await collect()),
      }),
      '/health/live': () => ({ status: 200, text: 'live\n' }),
      '/health/ready': async () => {
        const missing = await ready();
        if (missing.length === 0) return { status: 200, text: 'ready\n' };
        return { status: 503, text: missing.map((what) => `${what}\n`).join('') };
      },
    },
  });
}
