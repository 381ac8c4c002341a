import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { startRig } from '../../../test/support/relay-rig.ts';
import { DROP, type SinkAction } from '../../../test/support/smtp-sink.ts';

const DAY_MS = 86_400_000;
const action = fc.oneof(
  { weight: 5, arbitrary: fc.constant(undefined) },
  {
    weight: 5,
    arbitrary: fc.constantFrom<SinkAction>(
      '450 4.2.1 later',
      '550 5.1.1 never',
      '452 4.5.3 too many',
      '554 5.7.1 blocked',
      { say: '421 4.3.2 bye', drop: true },
      DROP,
      'garbage',
    ),
  },
);
const scenario = fc.record({
  extensions: fc.subarray(['PIPELINING', 'CHUNKING', '8BITMIME']),
  messages: fc.array(
    fc.array(fc.constantFrom('a.test', 'b.test', 'gone.test', 'broken.test'), { minLength: 1, maxLength: 5 }),
    {
      minLength: 1,
      maxLength: 6,
    },
  ),
  actions: fc.array(action, { maxLength: 60 }),
  connectionsMax: fc.integer({ min: 1, max: 3 }),
});

test('whatever servers answer, every recipient is relayed or reported, once, and the queue ends empty', async (t) => {
  await fc.assert(
    fc.asyncProperty(scenario, async ({ extensions, messages, actions, connectionsMax }) => {
      const rig = await startRig(t, { extensions }, { siteConnectionsMax: connectionsMax });
      rig.routes.set('gone.test', { kind: 'failed', enhanced: '5.1.2', text: 'no such domain' });
      rig.routes.set('broken.test', { kind: 'deferred', enhanced: '4.4.3', text: 'DNS does not answer' });
      let step = 0;
      rig.sink.script = ({ stage }) => (stage === 'quit' ? undefined : actions[step++]);
      const names: string[] = [];
      for (const [message, domains] of messages.entries()) {
        const recipients = domains.map((domain, at) => `m${message}r${at}@${domain}`);
        names.push(...recipients);
        rig.send(recipients);
      }
      try {
        await rig.pass(6 * DAY_MS);
        assert.deepEqual(rig.store.waiting, []);
        assert.equal(rig.relay.load.waiting, 0);
        assert.equal(rig.relay.load.ready, 0);
        const taken = rig.sink.messages.flatMap(({ rcpts }) => rcpts.map((rcpt) => /<(.*)>/.exec(rcpt)![1]!));
        const failed = rig.reports.requests.flatMap(({ recipients }) =>
          recipients.filter(({ action }) => action === 'failed').map(({ recipient }) => recipient.forwardPath),
        );
        assert.deepEqual([...taken, ...failed].toSorted(), names.toSorted());
      } finally {
        await rig.relay.stop();
        await rig.sink.close();
      }
    }),
    { numRuns: 20 },
  );
});
