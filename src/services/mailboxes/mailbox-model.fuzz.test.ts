import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import fc from 'fast-check';
import { systemClock } from '../../base/clock.ts';
import { mergeRanges, type NumberSet, numbersOf } from '../../formats/number-set.ts';
import { addTestAccount, openScratchStore } from '../../../test/support/scratch-store.ts';
import { CONSISTENCY_CHECKS } from '../../storage/records/consistency.ts';
import type { EmbeddedStore } from '../../storage/embedded.ts';
import { AccountMail } from './account-mail.ts';
import { createChangeHub } from './change-hub.ts';
import { KeywordTexts } from './keyword-texts.ts';
import type { OpenFolder } from './open-folder.ts';

const FOLDERS = ['INBOX', 'Archive', 'Work/2026'] as const;
const FLAGS = [1, 8, 16];
const KEYWORDS = ['', 'Blue', 'Blue Red'];

type Folder = (typeof FOLDERS)[number];

type Step =
  | { readonly kind: 'append'; readonly folder: Folder; readonly count: number; readonly flags: number }
  | {
      readonly kind: 'store';
      readonly folder: Folder;
      readonly set: NumberSet;
      readonly mode: 'add' | 'remove' | 'replace';
      readonly flags: number;
      readonly keywords: string;
      readonly guarded: boolean;
    }
  | { readonly kind: 'copy' | 'move'; readonly folder: Folder; readonly set: NumberSet; readonly to: Folder }
  | { readonly kind: 'expunge'; readonly folder: Folder; readonly set: NumberSet | null }
  | { readonly kind: 'recreate' }
  | { readonly kind: 'look'; readonly viewer: number };

const folder = fc.constantFrom(...FOLDERS);
const set = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 25 }), fc.nat({ max: 6 })), { minLength: 1, maxLength: 4 })
  .map((ranges) => mergeRanges(ranges.map(([first, more]) => [first, first + more] as const)));

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('append' as const),
      folder,
      count: fc.integer({ min: 1, max: 4 }),
      flags: fc.constantFrom(0, ...FLAGS),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('store' as const),
      folder,
      set,
      mode: fc.constantFrom('add' as const, 'remove' as const, 'replace' as const),
      flags: fc.constantFrom(...FLAGS),
      keywords: fc.constantFrom(...KEYWORDS),
      guarded: fc.boolean(),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constantFrom('copy' as const, 'move' as const), folder, set, to: folder }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('expunge' as const), folder, set: fc.option(set, { nil: null }) }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'recreate' as const }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('look' as const), viewer: fc.nat({ max: 2 }) }) },
);

interface ModelMessage {
  readonly uid: number;
  readonly emailId: string;
  flags: number;
  keywords: string;
  modSeq: number;
}

interface ModelFolder {
  uidNext: number;
  uidValidity: number;
  messages: ModelMessage[];
}

/** A session that is told of changes only when it looks. */
interface ModelViewer {
  readonly folder: Folder;
  open: OpenFolder;
  modSeq: number;
  known: Map<number, string>;
}

function within(numbers: NumberSet, uid: number): boolean {
  for (let i = 0; i < numbers.length; i += 2) if (uid >= numbers[i]! && uid <= numbers[i + 1]!) return true;
  return false;
}

function show(message: Pick<ModelMessage, 'flags' | 'keywords'>): string {
  return `${message.flags} ${message.keywords}`;
}

/** The services beside a model of what they must hold. */
class House {
  readonly #store: EmbeddedStore;
  readonly #mail: AccountMail;
  readonly #folders = new Map<Folder, ModelFolder>();
  readonly #open = new Map<Folder, OpenFolder>();
  readonly #viewers: ModelViewer[] = [];

  private constructor(store: EmbeddedStore, mail: AccountMail) {
    this.#store = store;
    this.#mail = mail;
  }

  static async build(t: TestContext): Promise<House> {
    const store = await openScratchStore(t);
    const accountId = await addTestAccount(store, 'ann@one.test');
    const parts = {
      store,
      hub: createChangeHub(store),
      keywords: new KeywordTexts(store.read),
      clock: systemClock,
      appendMaxOctets: 1000,
    };
    const mail = new AccountMail(parts, { accountId, address: 'ann@one.test', administrator: false });
    await mail.create('Work/2026', null);
    const house = new House(store, mail);
    for (const name of FOLDERS) await house.#reopen(name);
    for (const name of FOLDERS)
      house.#viewers.push({ folder: name, open: await mail.open(name, true), modSeq: 0, known: new Map() });
    return house;
  }

  async #reopen(name: Folder): Promise<void> {
    const open = await this.#mail.open(name, false);
    const seen = [...this.#folders.values()].map((known) => known.uidValidity);
    assert.ok(!seen.includes(open.uidValidity), 'a UIDVALIDITY is not used again');
    this.#open.set(name, open);
    this.#folders.set(name, { uidNext: 1, uidValidity: open.uidValidity, messages: [] });
  }

  async run(step: Step): Promise<void> {
    switch (step.kind) {
      case 'append':
        return await this.#append(step);
      case 'store':
        return await this.#storeFlags(step);
      case 'copy':
      case 'move':
        return await this.#transfer(step);
      case 'expunge':
        return await this.#expunge(step);
      case 'recreate':
        await this.#mail.delete('Work/2026');
        await this.#mail.create('Work/2026', null);
        await this.#reopen('Work/2026');
        for (const viewer of this.#viewers)
          if (viewer.folder === 'Work/2026') {
            await assert.rejects(async () => await viewer.open.changes(0), { code: 'mailbox-unknown' });
            Object.assign(viewer, { open: await this.#mail.open('Work/2026', true), modSeq: 0, known: new Map() });
          }
        return undefined;
      case 'look':
        return await this.#look(this.#viewers[step.viewer]!);
    }
  }

  async #append({ folder: name, count, flags }: Extract<Step, { kind: 'append' }>): Promise<void> {
    const append = await this.#mail.append(name);
    for (let i = 0; i < count; i++) {
      const message = await append.open({ flags, keywords: '', internalDate: null, octets: 20 });
      await message.write(Buffer.from(`Subject: ${i}\r\n\r\nx\r\n`));
    }
    const { uids, uidValidity } = await append.commit();
    const model = this.#folders.get(name)!;
    assert.equal(uidValidity, model.uidValidity);
    const rows = await this.#open.get(name)!.fetch(mergeRanges(uids.map((uid) => [uid, uid])), { emailId: true });
    for (const [index, uid] of uids.entries()) {
      assert.equal(uid, model.uidNext++);
      const emailId = rows[index]?.emailId ?? '';
      model.messages.push({ uid, emailId, flags, keywords: '', modSeq: 0 });
    }
    await this.#refreshModSeqs(name);
  }

  async #storeFlags(step: Extract<Step, { kind: 'store' }>): Promise<void> {
    const model = this.#folders.get(step.folder)!;
    const guard = step.guarded ? (model.messages[0]?.modSeq ?? 0) : null;
    const { mode, flags, keywords } = step;
    const done = await this.#open.get(step.folder)!.store(step.set, { mode, flags, keywords, unchangedSince: guard });
    const modified: number[] = [];
    for (const message of model.messages) {
      if (!within(step.set, message.uid)) continue;
      if (guard !== null && message.modSeq > guard) {
        modified.push(message.uid);
        continue;
      }
      const words = new Set(message.keywords.split(' ').filter((word) => word !== ''));
      const given = keywords.split(' ').filter((word) => word !== '');
      if (mode === 'replace') words.clear();
      for (const word of given) {
        if (mode === 'remove') words.delete(word);
        else words.add(word);
      }
      const before = show(message);
      message.flags = mode === 'add' ? message.flags | flags : mode === 'remove' ? message.flags & ~flags : flags;
      message.keywords = [...words].sort().join(' ');
      if (show(message) !== before) message.modSeq = done.modSeq ?? -1;
    }
    assert.deepEqual([...numbersOf(done.modified)], modified);
    await this.#refreshModSeqs(step.folder);
  }

  async #transfer({ kind, folder: from, set: uids, to }: Extract<Step, { kind: 'copy' | 'move' }>): Promise<void> {
    const [source, target] = [this.#folders.get(from)!, this.#folders.get(to)!];
    const open = this.#open.get(from)!;
    const made = kind === 'copy' ? await open.copy(uids, to) : await open.move(uids, to);
    const there = source.messages.filter((message) => within(uids, message.uid));
    assert.deepEqual(
      [...numbersOf(made.sourceUids)],
      there.map((message) => message.uid),
    );
    assert.equal(made.uidValidity, target.uidValidity);
    assert.equal(made.missing, [...numbersOf(uids)].length - there.length);
    const copies = there.map((message) => ({ ...message, uid: target.uidNext++ }));
    assert.deepEqual(
      [...numbersOf(made.targetUids)],
      copies.map((message) => message.uid),
    );
    if (kind === 'move') source.messages = source.messages.filter((message) => !there.includes(message));
    target.messages.push(...copies);
    await this.#refreshModSeqs(to);
  }

  async #expunge({ folder: name, set: uids }: Extract<Step, { kind: 'expunge' }>): Promise<void> {
    const model = this.#folders.get(name)!;
    const gone = model.messages.filter(
      (message) => (message.flags & 8) !== 0 && (uids === null || within(uids, message.uid)),
    );
    const removed = await this.#open.get(name)!.expunge(uids);
    assert.deepEqual(
      [...numbersOf(removed)],
      gone.map((message) => message.uid),
    );
    model.messages = model.messages.filter((message) => !gone.includes(message));
    await this.#store.execute('email.sweep', null, 3);
  }

  /** Rows are the model's; modseqs of what did not change stay, of what did they grow. */
  async #refreshModSeqs(name: Folder): Promise<void> {
    const model = this.#folders.get(name)!;
    const rows = await this.#open.get(name)!.fetch([1, 1000], { flags: true, emailId: true });
    assert.deepEqual(
      rows.map((row) => `${row.uid} ${row.emailId} ${row.flags} ${row.keywords}`),
      model.messages.map((message) => `${message.uid} ${message.emailId} ${show(message)}`),
    );
    for (const [index, message] of model.messages.entries()) {
      const modSeq = rows[index]?.modSeq ?? 0;
      assert.ok(modSeq >= message.modSeq, 'a modseq never goes back');
      message.modSeq = modSeq;
    }
  }

  /** What a session learns from changes alone is what is there. */
  async #look(viewer: ModelViewer): Promise<void> {
    const { open, known } = viewer;
    const changes = await open.changes(viewer.modSeq);
    const expunged = await open.expungedSince(viewer.modSeq);
    for (const uid of numbersOf(changes.expunged)) known.delete(uid);
    assert.deepEqual(expunged, changes.expunged);
    for (const uids of [changes.arrived, changes.changed])
      for (const row of await open.fetch(uids, { flags: true })) known.set(row.uid, `${row.flags} ${row.keywords}`);
    viewer.modSeq = changes.modSeq;
    const model = this.#folders.get(viewer.folder)!;
    assert.deepEqual(
      [...known].sort((a, b) => a[0] - b[0]),
      model.messages.map((message) => [message.uid, show(message)]),
    );
    const snapshot = await open.snapshot();
    assert.deepEqual(
      [...snapshot.uids],
      [...known.keys()].sort((a, b) => a - b),
    );
    assert.equal(snapshot.uidNext, model.uidNext);
  }

  async check(): Promise<void> {
    for (const viewer of this.#viewers) await this.#look(viewer);
    for (const check of CONSISTENCY_CHECKS) assert.deepEqual(await check(this.#store.read, 10), []);
  }
}

test('whatever sessions do, folders hold what a model holds and every session learns of it', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
      const house = await House.build(t);
      for (const each of steps) await house.run(each);
      await house.check();
    }),
    { numRuns: 25 },
  );
});
