// Runs a server until it is told to stop.
import { createLog } from '../log.ts';
import type { Config } from '../config/config.ts';
import { runServer, type RunningServer } from './run-server.ts';

export interface UntilSignalOptions {
  readonly config: Config;
  /** The configuration as it is on disk now; throws when it is wrong. */
  readonly reread: () => Config;
  readonly mayMovePorts: boolean;
  readonly onReady: (ready: ReadyServer) => void | Promise<void>;
}

export interface ReadyServer {
  readonly server: RunningServer;
  /** Protocol → "address:port"; of several listeners of one protocol the first. */
  readonly addresses: Readonly<Record<string, string>>;
  /** Stops it as SIGTERM does. */
  stop(): void;
}

/** Resolves with the exit code once the server has drained. */
export async function runUntilSignal(options: UntilSignalOptions): Promise<number> {
  const log = createLog({ level: options.config.log.level, thread: 'main' });
  let stop: (code: number) => void = () => {};
  const stopped = new Promise<number>((resolve) => {
    stop = resolve;
  });
  const server = await runServer({
    config: options.config,
    log,
    mayMovePorts: options.mayMovePorts,
    onFatal(reason) {
      log.error({ reason }, 'the server cannot go on and ends; the supervisor starts it again');
      process.exit(1);
    },
  });
  process.once('SIGTERM', () => stop(0));
  process.once('SIGINT', () => stop(0));
  process.on('SIGHUP', () => void reload());
  const reload = async (): Promise<void> => {
    try {
      const pending = await server.reload(options.reread());
      if (pending.length > 0) log.warn({ pending }, 'not taken over: these settings need a restart');
      else log.info({}, 'the configuration was read again');
    } catch (error) {
      log.error({ err: error }, 'the new configuration is wrong; the old one stays');
    }
  };
  const addresses: Record<string, string> = {};
  for (const { protocol, address, port } of server.listeners) {
    addresses[protocol] ??= address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
  }
  await options.onReady({ server, addresses, stop: () => stop(0) });
  const code = await stopped;
  log.info({}, 'stopping: sessions may finish');
  await server.close();
  return code;
}
