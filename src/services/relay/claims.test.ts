import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startRig as start } from '../../../test/support/relay-rig.ts';
import { ScriptedClaims } from '../../../test/support/scripted-claims.ts';

const MINUTE_MS = 60_000;

test('a key is tried only under its claims, and what another node has settled meanwhile is not sent', async (t) => {
  const claims = new ScriptedClaims();
  claims.grants = () => false;
  const rig = await start(t, {}, { claims });
  const gone = rig.send(['a@a.test']);
  rig.send(['b@b.test']);
  await rig.pass(MINUTE_MS);
  assert.equal(rig.sink.messages.length, 0);
  assert.ok(claims.asked > 2, 'asked again now and then');
  rig.store.apply({ unitId: gone, recipients: [0], events: [] });
  claims.grants = (name) => name.startsWith('domain');
  await rig.pass(MINUTE_MS);
  assert.equal(rig.sink.messages.length, 0, 'the site is somebody else’s');
  claims.grants = () => true;
  await rig.pass(MINUTE_MS);
  assert.deepEqual(
    rig.sink.messages.map(({ rcpts }) => rcpts[0]),
    ['RCPT TO:<b@b.test>'],
  );
  assert.deepEqual(rig.store.waiting, []);
});

test('a report of a failure is made under the claim too', async (t) => {
  const claims = new ScriptedClaims();
  claims.grants = () => false;
  const rig = await start(t, {}, { claims });
  rig.routes.set('gone.test', { kind: 'failed', enhanced: '5.1.2', text: 'there is no such domain' });
  rig.send(['x@gone.test']);
  await rig.pass(MINUTE_MS);
  assert.equal(rig.reports.requests.length, 0);
  claims.grants = () => true;
  await rig.pass(MINUTE_MS);
  assert.equal(rig.reports.requests.length, 1);
});

test('a claim that ends before the final dot: the message is broken off there, and goes out once it is ours again', async (t) => {
  const claims = new ScriptedClaims();
  let losing = true;
  const rig = await start(
    t,
    {
      script: ({ stage }) => {
        if (stage === 'data' && losing) claims.lose(false);
        return undefined;
      },
    },
    { claims },
  );
  rig.send(['a@a.test']);
  await rig.pass(MINUTE_MS);
  assert.equal(rig.sink.messages.length, 0);
  losing = false;
  claims.grants = () => true;
  await rig.pass(10 * MINUTE_MS);
  assert.equal(rig.sink.messages.length, 1);
  assert.deepEqual(rig.store.waiting, []);
});

test('what is ready when a claim is lost leaves the queue of its site and is read again', async (t) => {
  const claims = new ScriptedClaims();
  const rig = await start(t, {}, { claims, siteConnectionsMax: 1 });
  for (const name of ['a', 'b', 'c']) rig.send([`${name}@two.test`]);
  await rig.until(() => rig.relay.load.ready > 0);
  claims.lose(true);
  const loads = rig.store.loads;
  await rig.pass(MINUTE_MS);
  assert.equal(rig.relay.load.ready, 0);
  claims.grants = () => true;
  await rig.pass(10 * MINUTE_MS);
  assert.ok(rig.store.loads > loads);
  assert.deepEqual(rig.store.waiting, []);
  const recipients = rig.sink.messages.flatMap(({ rcpts }) => rcpts);
  assert.equal(new Set(recipients).size, 3);
  assert.equal(recipients.length, 3, 'each once');
});
