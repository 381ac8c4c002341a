import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MessageOctets } from './session.ts';
import { viewAsAscii } from './ascii-view.ts';

const NONE = Buffer.alloc(0);

async function* pieces(...parts: string[]): AsyncGenerator<Buffer> {
  for (const part of parts) yield await Promise.resolve(Buffer.from(part));
}

async function whole({ prefix, body }: MessageOctets): Promise<string> {
  const all = [prefix];
  if (Buffer.isBuffer(body)) all.push(body);
  else for await (const piece of body) all.push(piece);
  return Buffer.concat(all).toString();
}

test('RFC 6856 §2 a header in ASCII goes as it is, whatever the body holds', async () => {
  const octets = { prefix: Buffer.from('A: b\r\n'), body: Buffer.from('C: d\r\n\r\nGrüße\r\n') };
  const view = await viewAsAscii(octets);
  assert.equal(view.octets, octets);
  assert.equal(view.growth, 0);
});

test('RFC 6856 §2 a header with UTF-8 is downgraded, the body is not, and the size follows', async () => {
  const text = 'Subject: ü\r\n\r\nGrüße\r\n';
  const shown = 'A: b\r\nSubject: =?UTF-8?B?w7w=?=\r\n\r\nGrüße\r\n';
  for (const body of [Buffer.from(text), pieces(text.slice(0, 18), text.slice(18)), pieces(text)]) {
    const view = await viewAsAscii({ prefix: Buffer.from('A: b\r\n'), body });
    assert.equal(await whole(view.octets), shown);
    assert.equal(view.growth, Buffer.byteLength(shown) - Buffer.byteLength(text) - 6);
  }
});

test('a prefix with UTF-8 is downgraded too', async () => {
  const view = await viewAsAscii({
    prefix: Buffer.from('Delivered-To: jörg@one.test\r\n'),
    body: Buffer.from('\r\nx'),
  });
  assert.equal(await whole(view.octets), '\r\nx');
});

test('no pieces, no octets', async () => {
  assert.equal(await whole((await viewAsAscii({ prefix: NONE, body: pieces() })).octets), '');
});

test('whoever stops early lets the pieces go', async () => {
  let ended = false;
  async function* watched(): AsyncGenerator<Buffer> {
    try {
      yield* pieces('A: b\r\n\r\n', 'x', 'y');
    } finally {
      ended = true;
    }
  }
  const { octets } = await viewAsAscii({ prefix: NONE, body: watched() });
  for await (const piece of octets.body as AsyncIterable<Buffer>) {
    if (piece.length > 0) break;
  }
  assert.ok(ended);
});
