// An embedded store in a folder of its own, for tests of everything above storage.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { CommitUnit, QueuedMessage } from '../../src/storage/commit-unit.ts';
import type { Store } from '../../src/storage/store.ts';
import { type EmbeddedOptions, type EmbeddedStore, openEmbedded } from '../../src/storage/embedded.ts';

/** A folder that goes with the test. */
export function scratchFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'storage-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** An empty store that closes with the test. */
export async function openScratchStore(t: TestContext, options: EmbeddedOptions = {}): Promise<EmbeddedStore> {
  const folder = scratchFolder(t);
  const store = await openEmbedded(folder, options);
  // Hooks run in the order in which they were made; the folder must be there while the store closes.
  t.after(() => store.close());
  return store;
}

/** Adds the domain when it is missing, and the account; its id. */
export async function addTestAccount(store: Store, address: string): Promise<number> {
  await store.execute('domain.add', { name: address.slice(address.lastIndexOf('@') + 1) });
  const added = await store.execute('account.add', { address });
  if (added.kind !== 'added') throw new Error(`${address}: ${added.kind}`);
  return added.id;
}

/** A unit with defaults for everything that is not given. */
export function makeUnit(id: number, parts: Partial<Omit<CommitUnit, 'id'>> = {}): CommitUnit {
  return {
    id,
    deliveries: [],
    queued: null,
    journey: { messageId: `<${id}@one.test>`, reversePath: 'ann@two.test', accountId: null },
    events: [],
    ...parts,
  };
}

/** Commits a message for one account's INBOX; the unit's id. */
export async function deliverText(store: Store, accountId: number, text: string): Promise<number> {
  const id = store.newUnitId();
  const message = store.openMessage();
  try {
    await message.write(Buffer.from(text));
  } catch (error) {
    message.abort();
    throw error;
  }
  const delivery = { accountId, mailbox: 'INBOX', prefix: Buffer.from('Return-Path: <ann@two.test>\r\n') };
  await message.commit(Buffer.from('Received: here\r\n'), makeUnit(id, { deliveries: [delivery] }));
  return id;
}

/** A message for the queue, to these addresses, with defaults for everything that is not given. */
export function makeQueued(forwardPaths: readonly string[], parts: Partial<QueuedMessage> = {}): QueuedMessage {
  return {
    queuedAtMs: 1000,
    reversePath: 'ann@one.test',
    accountId: 7,
    body: '8BITMIME',
    smtputf8: false,
    requiretls: false,
    ret: null,
    envid: null,
    priority: 0,
    deliverBy: null,
    notBeforeMs: 0,
    expiresAtMs: 5000,
    held: false,
    recipients: forwardPaths.map((forwardPath) => ({
      forwardPath,
      domain: forwardPath.slice(forwardPath.indexOf('@') + 1),
      orcpt: null,
      notify: null,
    })),
    ...parts,
  };
}
