import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { MailError } from '../../base/errors/mail-error.ts';
import { formatQueueId } from '../../base/ids/queue-id.ts';
import { addTestAccount, makeUnit, openScratchStore } from '../../../test/support/scratch-store.ts';
import type { CommitUnit, JourneyEvent, JourneyKind } from '../../storage/commit-unit.ts';
import type { EmbeddedStore } from '../../storage/embedded.ts';
import { TRACE_CANDIDATES_MAX, TRACE_HOPS_MAX, TRACE_JOURNEYS_MAX, TRACE_STEPS_MAX } from './limits.ts';
import { traceMessages, type MessageTrace } from './trace.ts';

const ADMINISTRATOR = { accountId: null };
const START_MS = Date.UTC(2026, 0, 2, 3, 4, 5);

function event(
  kind: JourneyKind,
  afterMs: number,
  recipient: string | null,
  data: JourneyEvent['data'] = {},
): JourneyEvent {
  return recipient === null
    ? { atMs: START_MS + afterMs, kind, data }
    : { atMs: START_MS + afterMs, kind, recipient, data };
}

async function commit(
  store: EmbeddedStore,
  parts: { accountId: number; own?: string; text?: string; unit?: Partial<CommitUnit> },
): Promise<number> {
  const id = store.newUnitId();
  const message = store.openMessage();
  await message.write(Buffer.from(parts.text ?? 'Subject: secret\r\n\r\nHello\r\n'));
  const delivery = { accountId: parts.accountId, mailbox: 'INBOX', prefix: Buffer.alloc(0) };
  const prefix = parts.own ?? `Received: from two.test by one.test with ESMTP id ${formatQueueId(id)};\r\n\tnow\r\n`;
  await message.commit(Buffer.from(prefix), makeUnit(id, { deliveries: [delivery], ...parts.unit }));
  return id;
}

const RECEIVED_BY_TWO = [
  'Received: from mx.two.test (mx.two.test [192.0.2.2]) by relay.test with ESMTPS',
  '\t(TLSv1.3 TLS_AES_256_GCM_SHA384) id r77 for <bob@one.test>; Fri, 2 Jan 2026 03:04:03 +0000',
  'Received: from pc (unknown [198.51.100.9]) by mx.two.test with ESMTPSA id t1; Fri, 2 Jan 2026 04:04:01 +0100',
  'Subject: lunch',
  '',
  'Hello',
  '',
].join('\r\n');

test('the hops of Received lines and our events are one timeline with delays', async (t) => {
  const store = await openScratchStore(t);
  const bob = await addTestAccount(store, 'bob@one.test');
  const unitId = await commit(store, {
    accountId: bob,
    text: RECEIVED_BY_TWO,
    unit: {
      journey: { messageId: '<m@two.test>', reversePath: 'ann@two.test', accountId: null },
      events: [
        event('received', 0, null, { service: 'smtp', helo: 'relay.test', address: '192.0.2.7', tls: 'TLSv1.3 X' }),
        event('delivered', 30, 'bob@one.test', { account: 'bob@one.test', mailbox: 'INBOX' }),
      ],
    },
  });
  const [trace, ...others] = await traceMessages(store, { query: 'm@two.test', viewer: ADMINISTRATOR, limit: 9 });
  assert.deepEqual(others, []);
  assert.ok(trace);
  const { steps, ...facts } = trace;
  assert.deepEqual(facts, {
    queueId: formatQueueId(unitId),
    messageId: '<m@two.test>',
    reversePath: 'ann@two.test',
    role: 'administrator',
    stored: true,
    totalMs: 4030,
  });
  assert.deepEqual(
    steps.map((step) => [step.kind, step.delayMs, step.host, step.address, step.by, step.protocol, step.tls]),
    [
      ['hop', null, 'pc', '198.51.100.9', 'mx.two.test', 'ESMTPSA', null],
      ['hop', 2000, 'mx.two.test', '192.0.2.2', 'relay.test', 'ESMTPS', 'TLSv1.3 TLS_AES_256_GCM_SHA384'],
      ['received', 2000, 'relay.test', '192.0.2.7', null, null, 'TLSv1.3 X'],
      ['delivered', 30, null, null, null, null, null],
    ],
  );
  assert.equal(steps[1]?.recipient, 'bob@one.test');
  assert.deepEqual(steps[2]?.data, { service: 'smtp' });
});

test('a journey is found by message id, address and queue id, and the newest come first', async (t) => {
  const store = await openScratchStore(t);
  const bob = await addTestAccount(store, 'bob@one.test');
  const units: number[] = [];
  for (let i = 0; i < 3; i++) {
    const events = [event('delivered', i, 'bob@one.test', { account: 'bob@one.test' })];
    units.push(await commit(store, { accountId: bob, unit: { events } }));
  }
  const ask = async (query: string | null, limit = 9): Promise<string[]> =>
    (await traceMessages(store, { query, viewer: ADMINISTRATOR, limit })).map((trace) => trace.queueId);
  const ids = units.map(formatQueueId).reverse();
  assert.deepEqual(await ask(null), ids);
  assert.deepEqual(await ask('Bob@ONE.test'), ids);
  assert.deepEqual(await ask('ann@two.test', 2), ids.slice(0, 2));
  assert.deepEqual(await ask(`<${units[1]}@one.test>`), [ids[1]]);
  assert.deepEqual(await ask(ids[0] ?? ''), [ids[0]]);
  assert.deepEqual(await ask('nobody@one.test'), []);
});

test('what a remote server said is told, and the message may be gone', async (t) => {
  const store = await openScratchStore(t);
  const unitId = store.newUnitId();
  const data = { host: 'mx.two.test', address: '192.0.2.2', tls: null, enhanced: '5.1.1', reply: '550 5.1.1 who?' };
  const head = { messageId: '<x@one.test>', reversePath: 'ann@one.test', accountId: 7 };
  await store.execute('journey.note', unitId, head, [event('failed', 5, 'eve@two.test', data)]);
  const [trace] = await traceMessages(store, { query: 'eve@two.test', viewer: ADMINISTRATOR, limit: 9 });
  assert.deepEqual(
    [trace?.stored, trace?.steps[0]?.host, trace?.steps[0]?.reply, trace?.steps[0]?.data],
    [false, 'mx.two.test', '550 5.1.1 who?', { enhanced: '5.1.1' }],
  );
});

interface House {
  readonly store: EmbeddedStore;
  readonly ann: number;
  readonly bob: number;
  readonly eve: number;
  readonly ask: (accountId: number, query: string | null) => Promise<MessageTrace[]>;
}

/** Ann has written to Bob and eve@three.test, with Eve of this house in Bcc. */
async function houseWithBcc(t: TestContext): Promise<House> {
  const store = await openScratchStore(t);
  const ann = await addTestAccount(store, 'ann@one.test');
  const bob = await addTestAccount(store, 'bob@one.test');
  const eve = await addTestAccount(store, 'eve@one.test');
  await commit(store, {
    accountId: bob,
    unit: {
      journey: { messageId: '<bcc@one.test>', reversePath: 'ann@one.test', accountId: ann },
      events: [
        event('received', 0, null, { service: 'submission', address: '203.0.113.5', tls: 'TLSv1.3', recipients: 3 }),
        event('routed', 1, null, { recipients: 3, domains: 2 }),
        event('delivered', 2, 'bob@one.test', { mailbox: 'INBOX' }),
        event('delivered', 2, 'eve@one.test', { account: 'eve@one.test', mailbox: 'INBOX' }),
        event('queued', 2, 'carl@three.test'),
        event('deferred', 3, null, { domain: 'three.test', recipients: 1 }),
        event('relayed', 9, 'carl@three.test', { host: 'mx.three.test' }),
      ],
    },
  });
  const ask = (accountId: number, query: string | null): Promise<MessageTrace[]> =>
    traceMessages(store, { query, viewer: { accountId }, limit: 9 });
  return { store, ann, bob, eve, ask };
}

test('a message that goes while its journey is read has no hops, and one that cannot be read is a failure', async (t) => {
  const store = await openScratchStore(t);
  const accountId = await addTestAccount(store, 'ann@one.test');
  await commit(store, { accountId, unit: { events: [event('received', 0, null)] } });
  let goes = false;
  const busy = {
    read: store.read,
    async readBlob(): Promise<Buffer> {
      if (goes) await store.execute('message.expunge', accountId, 1, [1]);
      throw new MailError('storage-failed', 'the message is gone', { temporary: true });
    },
  };
  const request = { query: null, viewer: ADMINISTRATOR, limit: 9 };
  await assert.rejects(traceMessages(busy, request), { code: 'storage-failed' });
  goes = true;
  const [trace] = await traceMessages(busy, request);
  assert.equal(trace?.stored, false);
  assert.deepEqual(
    trace.steps.map((step) => step.kind),
    ['received'],
  );
});

test('the sender sees the whole journey', async (t) => {
  const { ann, ask } = await houseWithBcc(t);
  for (const query of ['bcc@one.test', 'carl@three.test', 'eve@one.test', null]) {
    const [trace] = await ask(ann, query);
    assert.deepEqual([trace?.role, trace?.steps.filter((step) => step.kind !== 'hop').length], ['sender', 7]);
  }
});

test('a recipient sees the own copy only: no other recipient, no count, no address of the sender', async (t) => {
  const { bob, eve, ask } = await houseWithBcc(t);
  for (const [viewer, own, other] of [
    [bob, 'bob@one.test', 'eve@one.test'],
    [eve, 'eve@one.test', 'bob@one.test'],
  ] as const) {
    const traces = await ask(viewer, '<bcc@one.test>');
    assert.equal(traces.length, 1);
    assert.deepEqual(
      traces[0]?.steps.map((step) => step.kind),
      ['received', 'delivered'],
    );
    const told = JSON.stringify(traces);
    assert.ok(told.includes(own));
    for (const secret of [other, 'three.test', 'recipients', '203.0.113.5']) {
      assert.ok(!told.includes(secret), `${secret} in ${told}`);
    }
  }
});

test('a recipient cannot find out by asking for them who else got the message', async (t) => {
  const { bob, ask } = await houseWithBcc(t);
  for (const query of ['eve@one.test', 'carl@three.test']) assert.deepEqual(await ask(bob, query), []);
  for (const query of ['bob@one.test', 'ann@one.test', null]) assert.equal((await ask(bob, query)).length, 1);
});

test("other people's messages are not there, whatever is asked", async (t) => {
  const { store, ask } = await houseWithBcc(t);
  const zoe = await addTestAccount(store, 'zoe@one.test');
  const [known] = await traceMessages(store, { query: null, viewer: ADMINISTRATOR, limit: 1 });
  for (const query of ['bcc@one.test', 'ann@one.test', 'bob@one.test', known?.queueId ?? '', null])
    assert.deepEqual(await ask(zoe, query), []);
  assert.deepEqual(await ask(9999, null), []);
});

test('a member of a group sees the own copy only, and is not found by asking for another member', async (t) => {
  const { store, bob, eve, ask } = await houseWithBcc(t);
  const id = store.newUnitId();
  const head = { messageId: '<group@two.test>', reversePath: 'x@two.test', accountId: null };
  await store.execute('journey.note', id, head, [
    event('expanded', 0, 'all@one.test', { by: 'group', address: 'all@one.test' }),
    event('delivered', 0, 'all@one.test', { account: 'Bob@One.test' }),
    event('delivered', 0, 'all@one.test', { account: 'ann@one.test' }),
  ]);
  const [trace, ...others] = await ask(bob, 'all@one.test');
  assert.deepEqual(others, []);
  assert.deepEqual(
    trace?.steps.map((step) => [step.kind, step.data]),
    [['delivered', { account: 'Bob@One.test' }]],
  );
  assert.deepEqual(
    await ask(bob, 'ann@one.test').then((traces) => traces.filter((t) => t.messageId === '<group@two.test>')),
    [],
  );
  assert.deepEqual(await ask(eve, 'group@two.test'), []);
});

test('hops, steps, journeys and candidates are bounded', async (t) => {
  const store = await openScratchStore(t);
  const bob = await addTestAccount(store, 'bob@one.test');
  const line = 'Received: from a by b; Fri, 2 Jan 2026 03:04:03 +0000\r\n';
  const events = Array.from({ length: TRACE_STEPS_MAX }, (_, i) => event('deferred', i, 'bob@one.test'));
  await commit(store, { accountId: bob, own: '', text: `${line.repeat(TRACE_HOPS_MAX + 5)}\r\n`, unit: { events } });
  const [trace] = await traceMessages(store, { query: 'bob@one.test', viewer: ADMINISTRATOR, limit: 1 });
  assert.equal(trace?.steps.length, TRACE_STEPS_MAX);
  assert.equal(trace.steps.filter((step) => step.kind === 'hop').length, TRACE_HOPS_MAX);
  const head = { messageId: '<x@two.test>', reversePath: 'ann@two.test', accountId: null };
  const notes: Promise<void>[] = [];
  for (let i = 0; i < TRACE_CANDIDATES_MAX; i++) {
    const note = [event('delivered', i, i < TRACE_JOURNEYS_MAX + 1 ? 'bob@one.test' : 'eve@one.test')];
    notes.push(store.execute('journey.note', store.newUnitId(), head, note));
  }
  await Promise.all(notes);
  const ask = async (accountId: number | null): Promise<number> =>
    (await traceMessages(store, { query: 'ann@two.test', viewer: { accountId }, limit: 5000 })).length;
  assert.equal(await ask(null), TRACE_JOURNEYS_MAX);
  // The first message of all is beyond the candidates, the other of Bob's are within.
  assert.equal(await ask(bob), TRACE_JOURNEYS_MAX);
});

test('a journey is found by the account that an alias led to', async (t) => {
  const store = await openScratchStore(t);
  const bob = await addTestAccount(store, 'bob@one.test');
  await commit(store, {
    accountId: bob,
    unit: { events: [event('delivered', 0, 'sales@one.test', { account: 'bob@one.test', mailbox: 'INBOX' })] },
  });
  for (const viewer of [ADMINISTRATOR, { accountId: bob }]) {
    assert.equal((await traceMessages(store, { query: 'bob@one.test', viewer, limit: 9 })).length, 1);
  }
});
