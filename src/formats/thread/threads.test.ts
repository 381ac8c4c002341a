import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { THREAD_DEPTH_SEARCHED } from './limits.ts';
import { threadByOrderedSubject } from './ordered-subject.ts';
import { threadByReferences, threadByRefs } from './references.ts';
import type { ThreadedMessage, ThreadNode } from './thread-tree.ts';

/** `1 a<b Re x 5`: uid, id < reference,reference; subject; date. */
function message(uid: number, links: string, subject = '', sentAtMs = uid): ThreadedMessage {
  const [id, references] = links.split('<');
  return {
    uid,
    messageId: id === '' ? null : id!,
    references: references === undefined ? [] : references.split(','),
    subject: subject.replace('Re ', ''),
    isReplyOrForward: subject.startsWith('Re '),
    sentAtMs,
  };
}

/** The form of RFC 5256 §4 without spaces around: (1 2 (3)(4)). */
function shown(nodes: readonly ThreadNode[]): string {
  const one = ({ uid, children }: ThreadNode): string => {
    const below = children.length === 1 ? one(children[0]!) : shown(children);
    return [uid ?? '', below].filter((text) => text !== '').join(' ');
  };
  return nodes.map((node) => `(${one(node)})`).join('');
}

const REFERENCES: [string, ThreadedMessage[], string][] = [
  ['a chain', [message(1, 'a'), message(2, 'b<a'), message(3, 'c<a,b')], '(1 2 3)'],
  ['two answers', [message(1, 'a'), message(2, 'b<a'), message(3, 'c<a')], '(1 (2)(3))'],
  ['answers that come first', [message(1, 'c<a,b'), message(2, 'b<a'), message(3, 'a')], '(3 2 1)'],
  ['a message between is not there', [message(1, 'a'), message(2, 'c<a,b')], '(1 2)'],
  ['the first is not there, with one answer', [message(1, 'b<a')], '(1)'],
  ['the first is not there, with two answers', [message(1, 'b<a'), message(2, 'c<a')], '((1)(2))'],
  ['the same Message-ID twice', [message(1, 'a'), message(2, 'a'), message(3, 'b<a')], '(1 3)(2)'],
  ['it answers itself', [message(1, 'a<a'), message(2, 'b<c'), message(3, 'c<b')], '(1)(3 2)'],
  [
    'its own references count more than those of others',
    [message(1, 'c<a,b'), message(2, 'a'), message(3, 'b')],
    '(2)(3 1)',
  ],
  ['its last reference is itself: nobody is above it', [message(1, 'a'), message(2, 'b<a,b')], '(1)(2)'],
  ['siblings by date', [message(1, 'a'), message(2, 'b<a', '', 9), message(3, 'c<a', '', 5)], '(1 (3)(2))'],
  ['threads by date', [message(1, 'a', '', 9), message(2, 'b', '', 5)], '(2)(1)'],
  ['one base subject: answers go below', [message(1, 'a', 'x'), message(2, 'b', 'Re x')], '(1 2)'],
  ['one base subject: the answer is older', [message(1, 'a', 'Re x'), message(2, 'b', 'x')], '(2 1)'],
  ['one base subject: neither is an answer', [message(1, 'a', 'x'), message(2, 'b', 'x')], '((1)(2))'],
  ['one base subject: three', [message(1, 'a', 'x'), message(2, 'b', 'x'), message(3, 'c', 'Re x')], '((1)(2)(3))'],
  [
    'one base subject: two that are not there',
    [message(1, 'b<a', 'x'), message(2, 'c<a', 'x'), message(3, 'e<d', 'x'), message(4, 'f<d', 'x')],
    '((1)(2)(3)(4))',
  ],
  ['no subject joins nothing', [message(1, 'a'), message(2, 'b')], '(1)(2)'],
];

for (const [title, messages, expected] of REFERENCES) {
  test(`RFC 5256 §3 REFERENCES: ${title}`, () => assert.equal(shown(threadByReferences(messages)), expected));
}

test('REFS: subjects join nothing, and the newest message decides', () => {
  const messages = [message(1, 'a', 'x', 1), message(2, 'b', 'x', 2), message(3, 'c<a', 'x', 3)];
  assert.equal(shown(threadByRefs(messages)), '(2)(1 3)');
});

test('RFC 5256 §3 ORDEREDSUBJECT', () => {
  const messages = [message(1, '', 'x', 5), message(2, '', 'y', 2), message(3, '', 'x', 1), message(4, '', 'x', 9)];
  assert.equal(shown(threadByOrderedSubject(messages)), '(3 (1)(4))(2)');
});

function uidsOf(nodes: readonly ThreadNode[]): number[] {
  const open = [...nodes];
  const uids: number[] = [];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (node.uid !== null) uids.push(node.uid);
    else assert.ok(node.children.length > 1 && !node.children.some((child) => child.uid === null));
    for (const child of node.children) open.push(child);
  }
  return uids.toSorted((a, b) => a - b);
}

test('every message is in one place of one thread, whatever they refer to', () => {
  const id = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g');
  const parts = fc.record({
    messageId: fc.option(id),
    references: fc.array(id, { maxLength: 4 }),
    subject: fc.constantFrom('', 'x', 'y'),
    isReplyOrForward: fc.boolean(),
    sentAtMs: fc.nat(5),
  });
  fc.assert(
    fc.property(fc.array(parts, { maxLength: 12 }), (list) => {
      const messages = list.map((one, i) => ({ ...one, uid: i + 1 }));
      const all = messages.map(({ uid }) => uid);
      for (const thread of [threadByReferences, threadByRefs, threadByOrderedSubject])
        assert.deepEqual(uidsOf(thread(messages)), all);
    }),
    { numRuns: 2000 },
  );
});

test('a thread as deep as a folder is long', () => {
  const count = THREAD_DEPTH_SEARCHED * 3;
  const messages = Array.from({ length: count }, (_, i) => message(i + 1, i === 0 ? '0' : `${i}<${i - 1}`));
  assert.equal(threadByReferences(messages).length, 1);
  assert.equal(uidsOf(threadByReferences(messages.toReversed())).length, count);
  // Too deep to look whether it would be a circle: a thread of its own.
  const above = [message(count + 1, `x<y`), message(count + 2, `y<x,${count - 1}`)];
  assert.equal(uidsOf(threadByRefs([...messages, ...above])).length, count + 2);
});
