// SORT and THREAD of small mailboxes made up from a seed, beside Dovecot's answers.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { casemapUnicode, compareKeys } from '../../src/formats/collation/casemap.ts';
import { parseMessage } from '../../src/formats/mime/parse-message.ts';
import { readMessageKeys, type MessageKeys } from '../../src/formats/thread/message-keys.ts';
import { threadByOrderedSubject } from '../../src/formats/thread/ordered-subject.ts';
import { threadByReferences, threadByRefs } from '../../src/formats/thread/references.ts';
import type { ThreadedMessage, ThreadNode } from '../../src/formats/thread/thread-tree.ts';
import { seededNumbers } from '../support/broken-messages.ts';
import { DovecotReader } from '../support/dovecot-reader.ts';
import { absentServer } from '../support/mail-servers.ts';

const SEED = 5256;
const MAILBOXES = 150;
const SUBJECTS = [
  '',
  'x',
  'Re: x',
  'y',
  'Fwd: [l] y',
  '[l] x (fwd)',
  '[l] z',
  'RE[2]: Z',
  '[Fwd: x]',
  'Re: Re: y',
  'ü',
  'Re : x',
  'fw: x',
  '=?utf-8?q?=C3=9C?=',
  'X',
  '[a] [b] x',
  're:',
];
const ADDRESSES = [
  'b@x',
  'A <a@x>',
  '"B" <c@x>',
  'g: d@x;',
  '',
  'é <z@x>',
  '=?utf-8?q?=C3=A9?= <y@x>',
  'a b',
  'Zed <Q@x>',
];

function makeMailbox(next: () => number): Buffer[] {
  const below = (limit: number): number => Math.trunc(next() * limit);
  const pick = (list: readonly string[]): string => list[below(list.length)]!;
  const count = 2 + below(12);
  const ids = Array.from({ length: count + 2 }, (_, i) => `<${i}@x>`);
  return Array.from({ length: count }, (_, i) => {
    const lines = [`Date: Mon, ${1 + below(25)} Jan 2024 10:${10 + i}:00 +0000`];
    for (const name of ['From', 'To', 'Cc']) lines.push(`${name}: ${pick(ADDRESSES)}`);
    if (next() < 0.8) lines.push(`Subject: ${pick(SUBJECTS)}`);
    if (next() < 0.9) lines.push(`Message-ID: ${next() < 0.9 ? ids[i]! : pick(ids)}`);
    if (next() < 0.5) lines.push(`References: ${Array.from({ length: 1 + below(3) }, () => pick(ids)).join(' ')}`);
    if (next() < 0.3) lines.push(`In-Reply-To: ${pick(ids)} x ${pick(ids)}`);
    return Buffer.from(`${lines.join('\r\n')}\r\n\r\nx\r\n`);
  });
}

function keysOf(message: Buffer): MessageKeys {
  const { envelope } = parseMessage(message).root;
  assert.ok(envelope !== null);
  return readMessageKeys(envelope);
}

function threaded({ messageId, references, subject, sentAt }: MessageKeys, index: number): ThreadedMessage {
  const { text, isReplyOrForward } = subject;
  const sentAtMs = sentAt?.ms ?? 0;
  return { uid: index + 1, messageId, references, subject: casemapUnicode(text), isReplyOrForward, sentAtMs };
}

/** RFC 5256 §4. */
function shown(nodes: readonly ThreadNode[]): string {
  const one = ({ uid, children }: ThreadNode): string => {
    const below = children.length === 1 ? one(children[0]!) : shown(children);
    return [uid ?? '', below].filter((text) => text !== '').join(' ');
  };
  return nodes.map((node) => `(${one(node)})`).join('');
}

const THREADS = { REFERENCES: threadByReferences, REFS: threadByRefs, ORDEREDSUBJECT: threadByOrderedSubject };
const SORTS: Readonly<Record<string, (keys: MessageKeys) => string>> = {
  SUBJECT: ({ subject }) => subject.text,
  FROM: ({ from }) => from,
  TO: ({ to }) => to,
  CC: ({ cc }) => cc,
  DISPLAYFROM: ({ displayFrom }) => displayFrom,
  DISPLAYTO: ({ displayTo }) => displayTo,
};

async function compareMailbox(messages: readonly Buffer[]): Promise<void> {
  const dovecot = await DovecotReader.start(messages);
  try {
    const answer = async (command: string): Promise<string> =>
      (await dovecot.ask(`UID ${command} UTF-8 ALL`)).text.replace(/^\* \w+ ?/u, '').trim();
    const keys = messages.map(keysOf);
    for (const [name, thread] of Object.entries(THREADS)) {
      assert.equal(shown(thread(keys.map(threaded))), await answer(`THREAD ${name}`), `${name}\n${messages.join('')}`);
    }
    for (const [name, keyOf] of Object.entries(SORTS)) {
      const texts = keys.map((one) => casemapUnicode(keyOf(one)));
      const sorted = texts.map((_, i) => i).toSorted((a, b) => compareKeys(texts[a]!, texts[b]!) || a - b);
      assert.equal(sorted.map((i) => i + 1).join(' '), await answer(`SORT (${name})`), `${name}\n${messages.join('')}`);
    }
  } finally {
    await dovecot.stop();
  }
}

describe('SORT and THREAD beside Dovecot', { skip: absentServer('dovecot') }, () => {
  test('RFC 5256 §3 and RFC 5957 §3 made-up mailboxes', async () => {
    const next = seededNumbers(SEED);
    for (let count = 0; count < MAILBOXES; count++) await compareMailbox(makeMailbox(next));
  });
});
