import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { test, type TestContext } from 'node:test';
import fc from 'fast-check';
import { addTestAccount, makeUnit, scratchFolder } from '../../test/support/scratch-store.ts';
import { silentLog } from '../base/log.ts';
import { type EmbeddedStore, openEmbedded } from './embedded.ts';
import { listMessages } from './records/messages.ts';
import { Compactor } from './upkeep/compaction.ts';
import { verify } from './verify.ts';

type Step =
  | { readonly kind: 'deliver'; readonly accounts: readonly number[]; readonly octets: number; readonly fill: number }
  | { readonly kind: 'expunge'; readonly account: number; readonly nth: number }
  | { readonly kind: 'compact' | 'reopen' | 'crash' };

const account = fc.integer({ min: 1, max: 3 });

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('deliver' as const),
      accounts: fc.uniqueArray(account, { minLength: 1, maxLength: 3 }),
      octets: fc.oneof(fc.integer({ min: 0, max: 3000 }), fc.integer({ min: 260_000, max: 600_000 })),
      fill: fc.integer({ min: 1, max: 255 }),
    }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('expunge' as const), account, nth: fc.nat({ max: 5 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom('compact' as const, 'reopen' as const, 'crash' as const) }),
  },
);

/** A store beside a model of what must be in it. */
class House {
  readonly #t: TestContext;
  #dataDir: string;
  #store: EmbeddedStore;
  readonly boxes = new Map<number, { uid: number; octets: Buffer }[]>([
    [1, []],
    [2, []],
    [3, []],
  ]);

  constructor(t: TestContext, dataDir: string, store: EmbeddedStore) {
    this.#t = t;
    this.#dataDir = dataDir;
    this.#store = store;
  }

  async run(step: Step): Promise<void> {
    switch (step.kind) {
      case 'deliver':
        await this.#deliver(step.accounts, Buffer.alloc(step.octets, step.fill));
        break;
      case 'expunge': {
        const box = this.boxes.get(step.account) ?? [];
        const [gone] = box.splice(step.nth, 1);
        assert.equal(await this.#store.execute('message.expunge', step.account, 1, [gone?.uid ?? 999]), gone ? 1 : 0);
        break;
      }
      case 'compact':
        await new Compactor(this.#store, { dataDir: this.#dataDir, log: silentLog }).run();
        break;
      case 'reopen':
        await this.#store.close();
        this.#store = await openEmbedded(this.#dataDir, { segmentRollBytes: 5000 });
        break;
      case 'crash': {
        const copy = scratchFolder(this.#t);
        cpSync(this.#dataDir, copy, { recursive: true });
        await this.#store.close();
        this.#dataDir = copy;
        this.#store = await openEmbedded(copy, { segmentRollBytes: 5000 });
        break;
      }
    }
  }

  async #deliver(accounts: readonly number[], body: Buffer): Promise<void> {
    const id = this.#store.newUnitId();
    const message = this.#store.openMessage();
    await message.write(body);
    const deliveries = accounts.map((accountId) => ({
      accountId,
      mailbox: 'INBOX',
      prefix: Buffer.from(`To: ${accountId}\r\n`),
    }));
    await message.commit(Buffer.from('Received: x\r\n'), makeUnit(id, { deliveries }));
    for (const accountId of accounts) {
      const found = await listMessages(this.#store.read, { accountId, mailboxId: 1 }, 0, 1000);
      const octets = Buffer.concat([Buffer.from('Received: x\r\n'), body]);
      this.boxes.get(accountId)?.push({ uid: found.at(-1)?.uid ?? 0, octets });
    }
  }

  async check(): Promise<void> {
    for (const [accountId, box] of this.boxes) {
      const found = await listMessages(this.#store.read, { accountId, mailboxId: 1 }, 0, 1000);
      assert.deepEqual(
        found.map((message) => message.uid),
        box.map((message) => message.uid),
      );
      const octets = await this.#store.readBlobs(found.map((message) => message.place));
      for (const [index, message] of box.entries()) assert.ok(octets[index]?.equals(message.octets));
    }
    const faults: string[] = [];
    await verify({ dataDir: this.#dataDir, read: this.#store.read, onFault: (fault) => faults.push(fault) });
    assert.deepEqual(faults, []);
  }

  async close(): Promise<void> {
    await this.#store.close();
  }
}

test('whatever is delivered, removed, compacted, closed or torn away: the rows and octets are those of the model', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
      const dataDir = scratchFolder(t);
      const store = await openEmbedded(dataDir, { segmentRollBytes: 5000 });
      for (const name of ['a', 'b', 'c']) await addTestAccount(store, `${name}@one.test`);
      const house = new House(t, dataDir, store);
      try {
        for (const each of steps) await house.run(each);
        await house.check();
      } finally {
        await house.close();
      }
    }),
    { numRuns: 15 },
  );
});
