import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { toNumberSet } from '../../../formats/number-set.ts';
import { MailboxView } from './mailbox-view.ts';
import type { ImapMailbox } from './session.ts';

const uids = fc
  .uniqueArray(fc.integer({ min: 1, max: 200 }), { maxLength: 60 })
  .map((list) => list.sort((a, b) => a - b));

function open(list: readonly number[]): MailboxView {
  const uidNext = (list.at(-1) ?? 0) + 1;
  return new MailboxView({} as ImapMailbox, { uids: Uint32Array.from(list), uidNext, highestModSeq: 1 });
}

const all = (view: MailboxView): number[] => Array.from({ length: view.count }, (_, i) => view.uidAt(i + 1));

test('RFC 9051 §7.5.1 EXPUNGE tells each number as the client has it by then', () => {
  fc.assert(
    fc.property(uids, uids, (before, gone) => {
      const view = open(before);
      const client = [...before];
      view.remove(toNumberSet(gone), (seq) => client.splice(seq - 1, 1));
      assert.deepEqual(
        all(view),
        before.filter((uid) => !gone.includes(uid)),
      );
      assert.deepEqual(client, all(view));
    }),
  );
});

test('sequence numbers and uids lead to each other', () => {
  fc.assert(
    fc.property(uids, uids, (list, asked) => {
      const view = open(list);
      for (const [i, uid] of list.entries()) assert.equal(view.seqOf(uid), i + 1);
      const known = asked.filter((uid) => list.includes(uid));
      assert.deepEqual(view.known(toNumberSet(asked)), toNumberSet(known));
      const sequence = view.sequence(
        asked.flatMap((uid) => [uid, uid]),
        true,
      );
      assert.deepEqual(view.exactUids(sequence), toNumberSet(known));
    }),
  );
});

test('arrivals come behind what is there', () => {
  fc.assert(
    fc.property(uids, fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 40 }), (list, gaps) => {
      const view = open(list);
      let next = view.lastUid;
      const arrived = gaps.map((gap) => (next += gap));
      for (const uid of arrived) view.append([uid, uid]);
      assert.deepEqual(all(view), [...list, ...arrived]);
    }),
  );
});
