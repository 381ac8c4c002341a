import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { VirtualClock } from '../../../../test/support/virtual-clock.ts';
import { openMemoryDialog } from '../testing/memory-port.ts';

const REPLIES = /^(?:\d{3}(?:-[^\r\n]*|(?: [^\r\n]*)?)\r\n)*$/;

const piece = fc.oneof(
  fc.constantFrom(
    'EHLO c\r\n',
    'LHLO c\r\n',
    'MAIL FROM:<bob@two.test>\r\n',
    'MAIL FROM:<> BODY=BINARYMIME SMTPUTF8 SIZE=10\r\n',
    'RCPT TO:<ann@one.test> NOTIFY=NEVER\r\n',
    'RCPT TO:<full@one.test>\r\n',
    'RCPT TO:<broken@one.test>\r\n',
    'DATA\r\n',
    'BDAT 5\r\n',
    'BDAT 3 LAST\r\n',
    'BDAT x\r\n',
    '.\r\n',
    '\r\n',
    '\n',
    '\r',
    'RSET\r\n',
    'NOOP\r\n',
    'VRFY x\r\n',
    'AUTH PLAIN\r\n',
    'AUTH PLAIN AGFubgBzZWNyZXQ=\r\n',
    'STARTTLS\r\n',
    'GET / HTTP/1.1\r\n',
    'x'.repeat(700),
  ),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.string({ maxLength: 12 }),
);
const conversation = fc.array(piece, { maxLength: 25 });
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function talk(pieces: readonly Buffer[], later: boolean, service: 'smtp' | 'lmtp' | 'submission') {
  const limits = { errorDelayMs: 0, messageMaxBytes: 40 };
  const options = { clock: new VirtualClock(), limits, service };
  const { dialog, port, mail } = openMemoryDialog(options, { later, allowPlaintext: true });
  for (const octets of pieces) {
    await settle();
    dialog.receive(octets);
  }
  for (let i = 0; i < 3 * pieces.length + 10; i++) await settle();
  const said = port.take();
  dialog.connectionClosed();
  return { said, mail };
}

test('whatever a client says: well-formed replies, no more than it asked for, and the session is closed once', async () => {
  await fc.assert(
    fc.asyncProperty(
      conversation,
      fc.boolean(),
      fc.constantFrom('smtp' as const, 'lmtp' as const, 'submission' as const),
      async (pieces, later, service) => {
        const { said, mail } = await talk(
          pieces.map((text) => Buffer.from(text)),
          later,
          service,
        );
        assert.match(said, REPLIES);
        const asked = pieces.join('').split('\n').length;
        assert.ok((said.match(/\r\n/g)?.length ?? 0) <= 2 + 20 * asked);
        assert.equal(mail.events.filter((event) => event === 'close').length, 1);
        assert.equal(mail.events.at(-1), 'close');
        for (const { content, envelope } of mail.messages) {
          assert.ok(content.length <= 40);
          assert.ok(envelope.recipients.length > 0);
          if (envelope.parameters.body !== 'BINARYMIME') {
            assert.doesNotMatch(content.toString('latin1'), /\r(?!\n)|(?<!\r)\n|\0/);
          }
        }
      },
    ),
    { numRuns: 300 },
  );
});

test('RFC 2920 §3.2 wherever the octets of a conversation are cut, the answers are the same', async () => {
  await fc.assert(
    fc.asyncProperty(conversation, fc.array(fc.nat(500), { maxLength: 10 }), async (pieces, cuts) => {
      // The answers to STARTTLS and to a refused DATA depend on what came with them, as they must.
      const text = pieces.filter((p) => p !== 'STARTTLS\r\n').join('');
      const bytes = Buffer.from(text);
      const edges = [...new Set([0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].sort(
        (a, b) => a - b,
      );
      const parts = edges.slice(1).map((edge, i) => bytes.subarray(edges[i], edge));
      const whole = await talk([bytes], false, 'smtp');
      const cut = await talk(parts, false, 'smtp');
      fc.pre(!whole.said.includes('421 4.5.0') && !cut.said.includes('421 4.5.0'));
      assert.equal(cut.said, whole.said);
      assert.deepEqual(
        cut.mail.messages.map((message) => message.content),
        whole.mail.messages.map((message) => message.content),
      );
    }),
    { numRuns: 300 },
  );
});
