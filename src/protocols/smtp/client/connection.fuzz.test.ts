import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DROP, SmtpSink, type SinkAction } from '../../../../test/support/smtp-sink.ts';
import { VirtualClock } from '../../../../test/support/virtual-clock.ts';
import { bodyOf } from './message.ts';
import { openConnection } from './open.ts';

const action = fc.oneof(
  { weight: 6, arbitrary: fc.constant(undefined) },
  {
    weight: 4,
    arbitrary: fc.constantFrom<SinkAction>(
      '450 4.2.1 later',
      '550 5.1.1 never',
      '452 4.5.3 too many',
      '552 too many',
      { say: '421 4.3.2 bye', drop: true },
      DROP,
      'garbage',
    ),
  },
);
const scenario = fc.record({
  extensions: fc.subarray(['PIPELINING', 'CHUNKING', '8BITMIME', 'DSN', 'SIZE 100000']),
  careless: fc.boolean(),
  messages: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 }),
  actions: fc.array(action, { maxLength: 30 }),
});

test('whatever a server answers, every recipient has exactly one fate, and relayed means that the server took it', async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async ({ extensions, careless, messages, actions }) => {
      const sink = await SmtpSink.start({ extensions });
      sink.careless = careless;
      let step = 0;
      sink.script = ({ stage }) => {
        if (stage === 'connect' || stage === 'ehlo' || stage === 'quit' || stage === 'rset') return undefined;
        const next = actions[step++];
        return next;
      };
      const clock = new VirtualClock();
      const target = {
        host: 'mx.two.test',
        address: '127.0.0.1',
        port: sink.port,
        protocol: 'smtp' as const,
        localAddress: null,
        heloName: 'relay.one.test',
        implicitTls: false,
        tls: 'off' as const,
        login: null,
      };
      const connection = await openConnection(target, { clock });
      assert.ok(connection.kind === 'open');
      try {
        const results = await Promise.all(
          messages.map((count, message) => {
            const names = Array.from({ length: count }, (_, at) => `m${message}r${at}@two.test`);
            return connection.send({
              reversePath: 'a@one.test',
              recipients: names.map((forwardPath) => ({ forwardPath, notify: null, orcpt: null })),
              body: bodyOf(Buffer.from(`Subject: ${message}\r\n\r\n.x\r\n`)),
              bodyType: '7BIT',
              smtputf8: false,
              requiretls: false,
              ret: null,
              envid: null,
              priority: 0,
              deliverBy: null,
            });
          }),
        );
        const taken = new Set(sink.messages.flatMap(({ rcpts }) => rcpts.map((rcpt) => /<(.*)>/.exec(rcpt)![1]!)));
        const octets = new Set(sink.messages.map((message) => message.octets.toString()));
        for (const [message, result] of results.entries()) {
          assert.equal(result.outcomes.length, messages[message]);
          for (const [at, outcome] of result.outcomes.entries()) {
            const name = `m${message}r${at}@two.test`;
            if (outcome.kind === 'relayed') assert.ok(taken.has(name), `${name} relayed but not taken`);
            else assert.ok(!taken.has(name), `${name} taken but ${outcome.kind}: ${outcome.text}`);
          }
        }
        for (const text of octets) assert.match(text, /^Subject: \d\r\n\r\n\.x\r\n$/);
      } finally {
        connection.destroy('the test is over');
        await sink.close();
      }
    }),
    { numRuns: 150 },
  );
});
