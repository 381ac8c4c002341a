// Commands on a data folder of their own, either way: directly, or through the control socket of a server in this process.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { AdminContext } from '../../src/app/admin/admin-context.ts';
import { controlPath, serveControl } from '../../src/app/control/control-socket.ts';
import { loadConfig } from '../../src/app/config/load-config.ts';
import { systemClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { createHashQueue } from '../../src/services/passwords/hash-queue.ts';
import { openEmbedded, type EmbeddedStore } from '../../src/storage/embedded.ts';
import { runInMemory, type CommandRun, type CommandRunOptions } from './memory-host.ts';
import { scratchFolder } from './scratch-store.ts';

export interface AdminRig {
  readonly folder: string;
  readonly dataDir: string;
  /** Runs `postroad …` on the data folder. */
  run(args: readonly string[], options?: CommandRunOptions): Promise<CommandRun>;
  /** The same with --json; what it printed, parsed. Fails when the command does. */
  json(...args: string[]): Promise<unknown>;
  /** Gives the store to `use`: the running server's, or one opened for as long. */
  withStore<T>(use: (store: EmbeddedStore) => Promise<T>): Promise<T>;
}

/** The two ways. */
export const WAYS = ['alone', 'served'] as const;

/** A data folder with nothing in it; `served`: a server has it. */
export async function adminRig(
  t: TestContext,
  way: (typeof WAYS)[number],
  parts: Partial<AdminContext> = {},
): Promise<AdminRig> {
  const folder = scratchFolder(t);
  writeFileSync(join(folder, 'postroad.toml'), 'hostname = "mx.one.test"\n');
  const config = loadConfig(null, folder);
  const dataDir = config.data;
  const store = way === 'served' ? await serve(t, config.data, { config, ...parts }) : null;
  const run = (args: readonly string[], options: CommandRunOptions = {}): Promise<CommandRun> =>
    runInMemory(args, { folder, ...options });
  return {
    folder,
    dataDir,
    run,
    async json(...args) {
      const done = await run([...args, '--json']);
      if (done.code !== 0) throw new Error(`${args.join(' ')}: ${done.err}`);
      return JSON.parse(done.out);
    },
    async withStore(use) {
      if (store !== null) return await use(store);
      const own = await openEmbedded(dataDir);
      try {
        return await use(own);
      } finally {
        await own.close();
      }
    },
  };
}

async function serve(
  t: TestContext,
  dataDir: string,
  parts: Partial<AdminContext> & Pick<AdminContext, 'config'>,
): Promise<EmbeddedStore> {
  const store = await openEmbedded(dataDir);
  const hashQueue = createHashQueue({ cores: 2, clock: systemClock });
  const context: AdminContext = {
    store,
    clock: systemClock,
    dataDir,
    hash: (password) => hashQueue.hash(password),
    relayCommand: null,
    ...parts,
  };
  const server = await serveControl({ path: controlPath(dataDir), context, log: silentLog });
  t.after(async () => {
    await server.close();
    await store.close();
  });
  return store;
}
