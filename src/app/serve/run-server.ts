// A running server from its first step to its last: lock, ports, privileges, threads, administration, drain.
import { mkdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import { prepareDropFolder } from '../../services/drop/prepare-drop-folder.ts';
import { lockDataFolder, type DataFolderLock } from '../../storage/data-folder.ts';
import type { AdminContext } from '../admin/admin-context.ts';
import { FOLDER_LOOK_MS, FOLDER_WAIT_MS } from '../admin/limits.ts';
import type { Config } from '../config/config.ts';
import { changesThatNeedRestart } from '../config/restart.ts';
import { connectControl, controlPath, serveControl } from '../control/control-socket.ts';
import type { BoundAddress } from '../threads/thread-data.ts';
import { House } from './house.ts';
import { bindAll, type PortChange } from './listening-ports.ts';
import { becomeUser, findServiceUser } from './privileges.ts';
import { serveMetrics } from './metrics.ts';
import { readLoginSecret, readTls } from './secrets.ts';

/** The data folder belongs to another running server. */
export class DataFolderInUse extends Error {
  constructor(dataDir: string) {
    super(`the data folder ${dataDir} is in use by another postroad; stop that one first`);
    this.name = 'DataFolderInUse';
  }
}

export interface ServerOptions {
  readonly config: Config;
  readonly log: Log;
  /** Standard ports that may not be had are replaced by high ones. */
  readonly mayMovePorts: boolean;
  readonly onFatal: (reason: string) => void;
}

export interface RunningServer {
  readonly house: House;
  /** For administration from within the process. */
  readonly administration: AdminContext;
  readonly listeners: readonly BoundAddress[];
  readonly moved: readonly PortChange[];
  /** Takes over a new configuration; returns the settings that only a restart will change. */
  reload(config: Config): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** Waits a little while a command, or a server that is about to end, has the folder; a server that answers keeps it. */
async function takeDataFolder(dataDir: string): Promise<DataFolderLock> {
  for (let waitedMs = 0; ; waitedMs += FOLDER_LOOK_MS) {
    const lock = lockDataFolder(dataDir);
    if (lock !== null) return lock;
    const server = await connectControl(controlPath(dataDir));
    server?.close();
    if (server !== null || waitedMs >= FOLDER_WAIT_MS) throw new DataFolderInUse(dataDir);
    await delay(FOLDER_LOOK_MS);
  }
}

/** Starts it; resolves when every listener accepts. */
export async function runServer(options: ServerOptions): Promise<RunningServer> {
  const { log, onFatal } = options;
  let { config } = options;
  mkdirSync(config.data, { recursive: true, mode: 0o700 });
  const lock = await takeDataFolder(config.data);
  const { bound, moved } = bindAll(config, { threads: config.threads, mayMove: options.mayMovePorts });
  const loginSecret = readLoginSecret(config.data);
  const tls = await readTls(config, systemClock.now());
  prepareDropFolder(config.data);
  const user = findServiceUser(config.user, config.data);
  if (user !== null) becomeUser(user, config.data);
  const house = new House({ config, bound, tls, loginSecret, log, onFatal });
  try {
    await house.open();
  } catch (error) {
    lock.release();
    throw error;
  }
  const context: AdminContext = {
    store: house.store,
    get config() {
      return config;
    },
    clock: systemClock,
    dataDir: config.data,
    hash: (password) => house.hashQueue.hash(password),
    relayCommand: (command, selection) => house.commandQueue({ command, selection }),
  };
  const metrics = await serveMetrics(config, house, { mayMove: options.mayMovePorts, log });
  const control = await serveControl({ path: controlPath(config.data), context, log });
  return {
    house,
    administration: context,
    listeners: [
      ...bound.map(({ protocol, sockets }) => ({ protocol, address: sockets.address, port: sockets.port })),
      ...metrics.map(({ address, server }) => ({ protocol: 'metrics' as const, address, port: server.port })),
    ],
    moved: [...moved, ...metrics.flatMap((each) => each.moved ?? [])],
    async reload(next) {
      const pending = changesThatNeedRestart(config, next);
      // What needs a restart stays as it is, in every thread alike.
      if (pending.length > 0) return pending;
      config = next;
      await house.reconfigure(next, await readTls(next, systemClock.now()));
      return [];
    },
    async close() {
      await control.close();
      await Promise.all(metrics.map(({ server }) => server.close()));
      await house.close();
      lock.release();
    },
  };
}
