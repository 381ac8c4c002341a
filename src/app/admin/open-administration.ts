// Administration for a command, whether a server runs or not: over its control socket, or with the data folder taken
// for as long as the command works.
import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '../../base/clock.ts';
import { createHashQueue } from '../../services/passwords/hash-queue.ts';
import { openEmbedded } from '../../storage/embedded.ts';
import type { Store } from '../../storage/store.ts';
import { lockDataFolder } from '../../storage/data-folder.ts';
import { CommandError } from '../cli/command.ts';
import type { Config } from '../config/config.ts';
import { connectControl, controlPath, type ControlClient } from '../control/control-socket.ts';
import { isCluster } from '../wiring/is-cluster.ts';
import { readObjectOptions } from '../wiring/object-options.ts';
import type { AdminContext } from './admin-context.ts';
import { FOLDER_LOOK_MS, FOLDER_WAIT_MS } from './limits.ts';
import type { OnProgress } from './operation.ts';
import { runOperation, type AdminCall } from './operations.ts';

export interface Administration {
  readonly call: AdminCall;
  /** Gives back what was taken. */
  close(): Promise<void>;
}

/** A way to carry out operations. Rejects with CommandError when there is none. */
export async function openAdministration(config: Config): Promise<Administration> {
  const way = await findWay(config);
  if (way.kind === 'server') return { call: way.client.call, close: async () => way.client.close() };
  const { store } = way;
  const hashQueue = createHashQueue({ cores: availableParallelism(), clock: systemClock });
  const undos: (() => void)[] = [];
  const context: AdminContext = {
    store,
    config,
    clock: systemClock,
    dataDir: config.data,
    hash: (password) => hashQueue.hash(password),
    relayCommand: null,
    onEnd: (undo) => void undos.push(undo),
  };
  const call = (operation: string, given: unknown, onProgress: OnProgress = () => {}): Promise<unknown> =>
    runOperation(context, { operation, arguments: given }, onProgress);
  return {
    call: call as AdminCall,
    async close() {
      for (const undo of undos) undo();
      await store.close();
    },
  };
}

type Way =
  | { readonly kind: 'server'; readonly client: ControlClient }
  | { readonly kind: 'folder'; readonly store: Store };

/** The server's socket, else the folder itself; waits a little for another command to be done, or a server to be up. */
async function findWay(config: Config): Promise<Way> {
  const dataDir = config.data;
  for (let waitedMs = 0; ; waitedMs += FOLDER_LOOK_MS) {
    const client = await connect(dataDir);
    if (client !== null) return { kind: 'server', client };
    if (isCluster(config)) return { kind: 'folder', store: await openClusterFor(config) };
    try {
      return { kind: 'folder', store: await openEmbedded(dataDir) };
    } catch (error) {
      if (!isInUse(dataDir)) throw error;
    }
    if (waitedMs >= FOLDER_WAIT_MS) {
      throw new CommandError(`the data folder ${dataDir} is in use, but no server answers; try again in a moment`);
    }
    await delay(FOLDER_LOOK_MS);
  }
}

/** The nodes of a cluster share their database with anybody who works on it. */
async function openClusterFor(config: Config): Promise<Store> {
  const { openCluster } = await import('../../storage/cluster/open-cluster.ts');
  const objects = await readObjectOptions(config);
  return await openCluster(config.store.url, objects === null ? {} : { objects });
}

/** Whether another process has the data folder. */
export function isInUse(dataDir: string): boolean {
  const lock = lockDataFolder(dataDir);
  lock?.release();
  return lock === null;
}

async function connect(dataDir: string): Promise<ControlClient | null> {
  try {
    return await connectControl(controlPath(dataDir));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EACCES') throw error;
    throw new CommandError(
      `this user may not administer the server of ${dataDir}; run the command as the server's user`,
    );
  }
}
