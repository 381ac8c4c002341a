// What the cases need to know of a server, whichever it is.
import { createServer } from 'node:net';

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

export interface RunningServer {
  /** The processes whose descendants are the whole server. */
  readonly roots: readonly number[];
  stop(): Promise<void>;
}

/** A port that is free now, on loopback. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
