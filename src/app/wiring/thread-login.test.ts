import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openScratchStore } from '../../../test/support/scratch-store.ts';
import { VirtualClock } from '../../../test/support/virtual-clock.ts';
import { silentLog } from '../../base/log.ts';
import { createSignInThrottle } from '../../services/login/throttle.ts';
import { createHashQueue } from '../../services/passwords/hash-queue.ts';
import type { Store } from '../../storage/store.ts';
import { createThreadLogin } from './thread-login.ts';

test('an account that is added while a thread reads the directory for the first time is not missed', async (t) => {
  const store = await openScratchStore(t);
  await store.execute('domain.add', { name: 'one.test' });
  const clock = new VirtualClock();
  let reads = 0;
  /** The account, which has no verifier, comes when all has been read and nothing been kept. */
  const get: Store['read']['get'] = async (...asked) => {
    const row = await store.read.get(...asked);
    if (++reads === 2) await store.execute('account.add', { address: 'ann@one.test', passwordHash: '{SSHA}AAAA' });
    return row as never;
  };
  const own = {
    read: { get },
    onDirectoryChange: (listener: () => void) => store.onDirectoryChange(listener),
  } as unknown as Store;
  const login = await createThreadLogin({
    store: own,
    hashQueue: createHashQueue({ cores: 1, clock }),
    throttle: createSignInThrottle({ clock, log: silentLog, trustedNetworks: () => [] }),
    secret: Buffer.alloc(32),
    defaultDomain: () => null,
    onRefusal: () => {},
    clock,
    log: silentLog,
  });
  assert.equal(login.scramAvailable(), false);
});
