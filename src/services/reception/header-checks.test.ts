import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scanHeader } from '../../formats/header/scan.ts';
import { formatAddrSpec } from '../../formats/address/parse.ts';
import type { SenderVerdict } from '../directory/verdict.ts';
import { checkAuthors, checkBounds, checkHops } from './header-checks.ts';
import { NAMED_HOPS_MAX } from './limits.ts';

const block = (...lines: readonly string[]): ReturnType<typeof scanHeader> =>
  scanHeader(Buffer.from(`${lines.join('\r\n')}\r\n\r\nbody\r\n`));

test('RFC 5321 §6.3 the refusal names the last hops, newest first, and no more of them', () => {
  const hops = [1, 2, 3, 4, 5, 6].map((at) => `Received: from x by hop${at}.test; Mon, 5 Oct 2026 10:00:00 +0000`);
  assert.equal(checkHops(block(...hops), 6), null);
  const refusal = checkHops(block(...hops, 'Received: nonsense'), 6);
  assert.equal(refusal?.code, 'loop');
  assert.equal(refusal?.temporary, false);
  const names = Array.from({ length: NAMED_HOPS_MAX }, (_, at) => `hop${at + 1}.test`).join(', ');
  assert.ok(refusal?.publicText.endsWith(`last through ${names}`));
});

test('RFC 6409 §6.1 every author and the sender must be allowed', async () => {
  const directory = {
    senderAllowed: async (_: number, sender: Parameters<typeof formatAddrSpec>[0] | null): Promise<SenderVerdict> => {
      const text = sender === null ? '' : formatAddrSpec(sender);
      return text.startsWith('own') ? 'allowed' : text.startsWith('later') ? 'temporary' : 'not-owned';
    },
  };
  const cases: [string[], string | null][] = [
    [[], null],
    [['From: own@one.test'], null],
    [['From: "x@y.test" <own@one.test>, Friends: own2@one.test;'], null],
    [['From: own@one.test, other@one.test'], 'sender-not-owned'],
    [['From: own@one.test', 'Sender: other@one.test'], 'sender-not-owned'],
    [['From: own@one.test', 'From: own@one.test'], 'content-refused'],
    [['From: own@one.test <'], 'content-refused'],
    [['From: later@one.test'], 'directory-unavailable'],
  ];
  for (const [lines, code] of cases) {
    assert.equal((await checkAuthors(block(...lines), 7, directory))?.code ?? null, code, lines.join(' | '));
  }
});

test('RFC 2046 §5.1 parts too deep in each other are refused', () => {
  const open = (depth: number): string =>
    Array.from({ length: depth }, (_, at) => `Content-Type: multipart/mixed; boundary=b${at}\r\n\r\n--b${at}\r\n`).join(
      '',
    );
  assert.equal(checkBounds(scanHeader(Buffer.from(`${open(10)}\r\nx\r\n`))), null);
  assert.equal(checkBounds(scanHeader(Buffer.from(`${open(200)}\r\nx\r\n`)))?.code, 'mime-too-deep');
});
