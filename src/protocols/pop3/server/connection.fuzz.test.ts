import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { startPop3Loopback } from '../../../../test/support/pop3-loopback.ts';
import { MemoryHouse } from '../testing/memory-session.ts';

const lines =
  `USER a/PASS p/PASS x/STAT/LIST/LIST 1/UIDL/RETR 1/RETR 2/TOP 1 1/DELE 1/RSET/NOOP/CAPA/LANG/UTF8/AUTH/AUTH PLAIN
AUTH PLAIN AGEAcA==/AGEAcA==/*/AUTH X-TWO-STEP YQ==//é/\0/RETR x/${'x'.repeat(300)}`.split(/[/\n]/u);

const script = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...lines).map((line) => Buffer.from(`${line}\r\n`)) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 40 }).map((octets) => Buffer.from(octets)) },
  ),
  { maxLength: 25 },
);

test('any octets in any split get the same answers, leave no lock and no session behind', async (t) => {
  const messages = [1, 2].map((n) => ({ uidl: `u${n}`, body: Buffer.from('A: b\r\n\r\n.x\r\n') }));
  const at = new MemoryHouse([{ id: 1, name: 'a', password: 'p', messages }], { allowPlaintext: true });
  const server = await startPop3Loopback({
    openSession: () => at.openSession(),
    tls: false,
    limits: { authFailureDelayMs: 0 },
  });
  t.after(() => server.close());

  async function talk(chunks: Buffer[]): Promise<string> {
    const socket = await server.connect();
    const said: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => said.push(chunk));
    socket.on('error', () => {});
    for (const chunk of chunks) {
      socket.write(chunk);
      await new Promise((resolve) => setImmediate(resolve));
    }
    socket.end();
    await once(socket, 'close');
    return Buffer.concat(said).toString('latin1');
  }

  await fc.assert(
    fc.asyncProperty(script, fc.array(fc.nat(2_000), { maxLength: 6 }), async (parts, places) => {
      const octets = Buffer.concat(parts);
      const marks = [0, ...places.map((place) => place % (octets.length + 1)).sort((a, b) => a - b), octets.length];
      const whole = await talk([octets]);
      const split = await talk(marks.slice(1).map((mark, i) => octets.subarray(marks[i], mark)));
      assert.equal(split, whole);
      while (server.server.size > 0) await new Promise((resolve) => setImmediate(resolve));
      assert.equal(at.locked.size, 0);
      assert.equal(at.openSessions, 0);
    }),
    { numRuns: 150 },
  );
});
