import assert from 'node:assert/strict';
import { createSecureContext } from 'node:tls';
import { test, type TestContext } from 'node:test';
import { DROP, HANG, SmtpSink, type SinkOptions, type SinkScript } from '../../../../test/support/smtp-sink.ts';
import { TEST_CERTIFICATE, TEST_KEY } from '../../../../test/support/test-certificate.ts';
import { VirtualClock } from '../../../../test/support/virtual-clock.ts';
import type { SmtpClientConnection } from './connection.ts';
import { CLIENT_TIMEOUTS, BODY_PIECE_OCTETS } from './limits.ts';
import { bodyOf, type ClientMessage, type MessageBody } from './message.ts';
import { openConnection, type ClientParts, type ClientTarget } from './open.ts';
import type { OpenRefusal, TransactionResult } from './outcome.ts';
import { TlsSessionCache } from './transport.ts';

const serverContext = createSecureContext({ cert: TEST_CERTIFICATE, key: TEST_KEY });
const trusting = createSecureContext({ ca: TEST_CERTIFICATE });
const OK: SinkScript = () => undefined;

function messageTo(recipients: string[], change: Partial<ClientMessage> = {}): ClientMessage {
  return {
    reversePath: 'a@one.test',
    recipients: recipients.map((forwardPath) => ({ forwardPath, notify: null, orcpt: null })),
    body: bodyOf(Buffer.from('Subject: x\r\n\r\nhello\r\n.dot\r\n')),
    bodyType: '7BIT',
    smtputf8: false,
    requiretls: false,
    ret: null,
    envid: null,
    priority: 0,
    deliverBy: null,
    ...change,
  };
}

interface Rig {
  sink: SmtpSink;
  clock: VirtualClock;
  open: (change?: Partial<ClientTarget>, parts?: Partial<ClientParts>) => Promise<SmtpClientConnection | OpenRefusal>;
  connect: (change?: Partial<ClientTarget>, parts?: Partial<ClientParts>) => Promise<SmtpClientConnection>;
}

async function rig(t: TestContext, options: SinkOptions = {}): Promise<Rig> {
  const sink = await SmtpSink.start({ secureContext: serverContext, ...options });
  t.after(() => sink.close());
  const clock = new VirtualClock();
  const open: Rig['open'] = (change = {}, parts = {}) =>
    openConnection(
      {
        host: 'mx.one.test',
        address: '127.0.0.1',
        port: sink.port,
        protocol: 'smtp',
        localAddress: null,
        heloName: 'relay.one.test',
        implicitTls: false,
        tls: 'off',
        login: null,
        ...change,
      },
      { clock, ...parts },
    );
  const connect: Rig['connect'] = async (change, parts) => {
    const opened = await open(change, parts);
    assert.ok(opened.kind === 'open', JSON.stringify(opened));
    t.after(() => opened.destroy('the test is over'));
    return opened;
  };
  return { sink, clock, open, connect };
}

function kinds(result: TransactionResult): string[] {
  return result.outcomes.map((outcome) => `${outcome.kind} ${outcome.enhanced} ${outcome.phase}`);
}

test('RFC 2920 the envelope is one flight, and the next one leaves with the body', async (t) => {
  const { sink, connect } = await rig(t);
  const connection = await connect();
  const first = await connection.send(messageTo(['b@two.test', 'c@two.test']));
  assert.deepEqual(kinds(first), ['relayed 2.0.0 body', 'relayed 2.0.0 body']);
  assert.ok(
    sink.flights.includes('MAIL FROM:<a@one.test>\r\nRCPT TO:<b@two.test>\r\nRCPT TO:<c@two.test>\r\nDATA\r\n'),
  );
  sink.flights.length = 0;
  const results = await Promise.all([
    connection.send(messageTo(['d@two.test'])),
    connection.send(messageTo(['e@two.test'])),
  ]);
  assert.deepEqual(results.flatMap(kinds), ['relayed 2.0.0 body', 'relayed 2.0.0 body']);
  assert.ok(
    sink.flights.some((flight) => /\r\n\.\r\nMAIL FROM:<a@one.test>\r\nRCPT TO:<e@two.test>\r\nDATA\r\n$/.test(flight)),
  );
  assert.equal(sink.messages.length, 3);
  assert.equal(sink.messages[0]!.octets.toString(), 'Subject: x\r\n\r\nhello\r\n.dot\r\n');
  assert.equal(sink.lines.filter((line) => line.endsWith('RSET')).length, 0);
});

test('without PIPELINING every command waits for its reply', async (t) => {
  const { sink, connect } = await rig(t, { extensions: [] });
  const connection = await connect();
  const results = await Promise.all([
    connection.send(messageTo(['b@two.test'])),
    connection.send(messageTo(['c@two.test'])),
  ]);
  assert.deepEqual(results.flatMap(kinds), ['relayed 2.0.0 body', 'relayed 2.0.0 body']);
  assert.ok(
    sink.flights.every((flight) => flight.startsWith('Subject') || flight.indexOf('\r\n') === flight.length - 2),
  );
});

test('RFC 3030 with CHUNKING the body is one BDAT chunk, sent when a recipient was taken and never before', async (t) => {
  const { sink, connect } = await rig(t, { extensions: ['PIPELINING', 'CHUNKING', '8BITMIME', 'BINARYMIME'] });
  const connection = await connect();
  const octets = Buffer.from('\r\n.\r\n..a');
  await connection.send(messageTo(['b@two.test'], { body: bodyOf(octets) }));
  assert.deepEqual(sink.messages[0]!.octets, octets);
  assert.equal(sink.messages[0]!.bdat, true);
  assert.deepEqual(sink.flights.slice(-2), [
    'MAIL FROM:<a@one.test>\r\nRCPT TO:<b@two.test>\r\n',
    `BDAT 8 LAST\r\n${octets.toString()}`,
  ]);
  sink.script = ({ stage }) => (stage === 'rcpt' ? '550 5.1.1 no' : undefined);
  const refused = await connection.send(messageTo(['c@two.test']));
  assert.deepEqual(kinds(refused), ['failed 5.1.1 rcpt']);
  sink.script = OK;
  await connection.send(messageTo(['d@two.test'], { bodyType: 'BINARYMIME', body: bodyOf(Buffer.from('\n\r\0')) }));
  assert.deepEqual(sink.messages[1]!.octets, Buffer.from('\n\r\0'));
  // The refused transaction was left open by its MAIL: RSET travels in front of the next one.
  assert.ok(sink.flights.some((flight) => flight.startsWith('RSET\r\nMAIL FROM:<a@one.test> BODY=BINARYMIME\r\n')));
});

test('each recipient has a fate of its own', async (t) => {
  const { sink, connect } = await rig(t);
  const connection = await connect();
  sink.script = ({ stage, line }) => {
    if (stage !== 'rcpt') return undefined;
    if (line.includes('<gone@')) return '550 5.1.1 no such user';
    return line.includes('<full@') ? '452 4.2.2 full' : undefined;
  };
  const result = await connection.send(messageTo(['gone@two.test', 'b@two.test', 'full@two.test', 'c@two.test']));
  assert.deepEqual(kinds(result), [
    'failed 5.1.1 rcpt',
    'relayed 2.0.0 body',
    'deferred 4.2.2 rcpt',
    'relayed 2.0.0 body',
  ]);
  assert.equal(result.outcomes[0]!.text, '550 5.1.1 no such user');
  assert.deepEqual(sink.messages[0]!.rcpts, ['RCPT TO:<b@two.test>', 'RCPT TO:<c@two.test>']);
});

test('RFC 5321 §4.5.3.1.10 too many recipients: the rest is unsent and may follow at once', async (t) => {
  for (const reply of ['452 too many', '552 too many', '452 4.5.3 too many', '552 5.5.3 too many']) {
    const { connect } = await rig(t, {
      script: ({ stage, count }) => (stage === 'rcpt' && count > 2 ? reply : undefined),
    });
    const connection = await connect();
    const result = await connection.send(messageTo(['a', 'b', 'c', 'd'].map((name) => `${name}@two.test`)));
    assert.deepEqual(
      kinds(result),
      ['relayed 2.0.0 body', 'relayed 2.0.0 body', 'unsent 4.5.3 rcpt', 'unsent 4.5.3 rcpt'],
      reply,
    );
    assert.equal(result.recipientsMax, 2);
  }
});

test('552 for the only recipient defers, 552 5.2.2 fails', async (t) => {
  for (const [reply, expected] of [
    ['552 too many', 'deferred 4.5.3 rcpt'],
    ['552 5.2.2 over quota', 'failed 5.2.2 rcpt'],
  ] as const) {
    const { connect } = await rig(t, { script: ({ stage }) => (stage === 'rcpt' ? reply : undefined) });
    assert.deepEqual(kinds(await (await connect()).send(messageTo(['b@two.test']))), [expected]);
  }
});

test('RFC 2920 §3.1 354 although nobody was taken gets a lone dot', async (t) => {
  const { sink, connect } = await rig(t, { script: ({ stage }) => (stage === 'rcpt' ? '550 5.1.1 no' : undefined) });
  sink.careless = true;
  const connection = await connect();
  assert.deepEqual(kinds(await connection.send(messageTo(['b@two.test']))), ['failed 5.1.1 rcpt']);
  assert.equal(sink.flights.at(-1), '.\r\n');
  sink.script = OK;
  assert.deepEqual(kinds(await connection.send(messageTo(['c@two.test']))), ['relayed 2.0.0 body']);
  assert.equal(sink.messages.length, 1);
});

test('a refusal at each stage decides by its code, and the connection goes on', async (t) => {
  for (const stage of ['mail', 'rcpt', 'data', 'body'] as const) {
    for (const [reply, kind] of [
      ['450 4.7.1 later', 'deferred 4.7.1'],
      ['550 5.7.1 never', 'failed 5.7.1'],
      ['451 no code', 'deferred 4.0.0'],
      ['554 no code', 'failed 5.0.0'],
    ] as const) {
      const { sink, connect } = await rig(t);
      const connection = await connect();
      sink.script = (event) => (event.stage === stage ? reply : undefined);
      assert.deepEqual(kinds(await connection.send(messageTo(['b@two.test']))), [`${kind} ${stage}`]);
      sink.script = OK;
      assert.deepEqual(
        kinds(await connection.send(messageTo(['c@two.test']))),
        ['relayed 2.0.0 body'],
        `after ${stage}`,
      );
      assert.equal(sink.messages.length, 1);
    }
  }
});

test('421 at any stage defers on a fresh connection and is unsent on a used one', async (t) => {
  for (const stage of ['mail', 'rcpt', 'data', 'body'] as const) {
    const { sink, connect } = await rig(t);
    const script: SinkScript = (event) => (event.stage === stage ? { say: '421 4.3.2 bye', drop: true } : undefined);
    sink.script = script;
    const fresh = await connect();
    assert.deepEqual(kinds(await fresh.send(messageTo(['b@two.test']))), [`deferred 4.3.2 ${stage}`]);
    assert.equal(fresh.usable, false);
    sink.script = OK;
    const used = await connect();
    await used.send(messageTo(['b@two.test']));
    sink.script = script;
    const result = await used.send(messageTo(['c@two.test']));
    assert.deepEqual(
      result.outcomes.map((outcome) => outcome.kind),
      [stage === 'body' ? 'deferred' : 'unsent'],
      stage,
    );
  }
});

test('a dropped connection: unsent before the body on a used connection, deferred otherwise', async (t) => {
  for (const stage of ['mail', 'rcpt', 'data', 'body'] as const) {
    const { sink, connect } = await rig(t);
    sink.script = (event) => (event.stage === stage ? DROP : undefined);
    const fresh = await connect();
    const [lost] = (await fresh.send(messageTo(['b@two.test']))).outcomes;
    assert.equal(lost!.kind, 'deferred', stage);
    sink.script = OK;
    const used = await connect();
    await used.send(messageTo(['b@two.test']));
    sink.script = (event) => (event.stage === stage ? DROP : undefined);
    const [again] = (await used.send(messageTo(['b@two.test']))).outcomes;
    assert.equal(again!.kind, stage === 'body' ? 'deferred' : 'unsent', stage);
    const [after] = (await used.send(messageTo(['b@two.test']))).outcomes;
    assert.equal(after!.kind, 'unsent');
  }
});

test('RFC 5321 §4.5.3.2 a server that hangs at any stage is left when its time is over', async (t) => {
  const stages = { mail: 'rcptMs', rcpt: 'rcptMs', data: 'rcptMs', body: 'finalMs' } as const;
  for (const [stage, timeout] of Object.entries(stages)) {
    const { sink, clock, connect } = await rig(t);
    let hung = false;
    sink.script = (event) => {
      if (event.stage !== stage) return undefined;
      hung = true;
      return HANG;
    };
    const connection = await connect();
    const sent = connection.send(messageTo(['b@two.test']));
    await sink.until(() => hung);
    await clock.advance(CLIENT_TIMEOUTS[timeout]);
    const [outcome] = (await sent).outcomes;
    assert.equal(outcome!.kind, 'deferred', stage);
    assert.equal(outcome!.text, 'the server did not answer in time');
  }
});

test('the watchdog ends a transaction whose replies only trickle', async (t) => {
  const { sink, clock, connect } = await rig(t);
  const names = Array.from({ length: 100 }, (_, at) => `r${at}@two.test`);
  let asked = 0;
  sink.script = ({ stage }) => {
    if (stage !== 'rcpt') return undefined;
    return ++asked > 1 ? HANG : undefined;
  };
  const connection = await connect({}, { timeouts: { rcptMs: 1e9 } });
  const sent = connection.send(messageTo(names));
  await sink.until(() => asked > 1);
  await clock.advance(CLIENT_TIMEOUTS.transactionMs + 1000);
  assert.ok(
    (await sent).outcomes.every((outcome) => outcome.kind === 'deferred' && outcome.text.includes('took too long')),
  );
});

test('garbage in place of a reply ends the connection', async (t) => {
  const { sink, connect } = await rig(t);
  sink.script = ({ stage }) => (stage === 'mail' ? 'HTTP/1.1 400 Bad Request' : undefined);
  const connection = await connect();
  const [outcome] = (await connection.send(messageTo(['b@two.test']))).outcomes;
  assert.equal(outcome!.kind, 'deferred');
  assert.match(outcome!.text, /cannot be understood/);
  assert.equal(connection.usable, false);
});

test('RFC 2033 §4.2 LMTP answers for each recipient that it took', async (t) => {
  const { sink, connect } = await rig(t, {
    lmtp: true,
    script: ({ stage, line }) => {
      if (stage === 'rcpt' && line.includes('gone')) return '550 5.1.1 no';
      return stage === 'body' && line.includes('full') ? '452 4.2.2 full' : undefined;
    },
  });
  const connection = await connect({ protocol: 'lmtp' });
  const result = await connection.send(messageTo(['b@two.test', 'gone@two.test', 'full@two.test', 'c@two.test']));
  assert.deepEqual(kinds(result), [
    'relayed 2.0.0 body',
    'failed 5.1.1 rcpt',
    'deferred 4.2.2 body',
    'relayed 2.0.0 body',
  ]);
  assert.ok(sink.lines[0]!.endsWith('LHLO relay.one.test'));
});

test('a long body is read and sent in pieces, with its dots doubled across them', async (t) => {
  const { sink, connect } = await rig(t);
  // The line end of one piece and the dot of the next meet at the cut.
  const head = Buffer.alloc(BODY_PIECE_OCTETS, 'x');
  head.write('\r\n', BODY_PIECE_OCTETS - 2);
  const octets = Buffer.concat([head, Buffer.from('.dot\r\n'), Buffer.alloc(BODY_PIECE_OCTETS, 'y')]);
  const body: MessageBody = {
    length: octets.length,
    octets: null,
    read: async (start, end) => octets.subarray(start, end),
  };
  const connection = await connect();
  assert.deepEqual(kinds(await connection.send(messageTo(['b@two.test'], { body }))), ['relayed 2.0.0 body']);
  assert.ok(sink.messages[0]!.octets.equals(Buffer.concat([octets, Buffer.from('\r\n')])));
});

test('a long body with a bare LF is broken off before the server can have all of it', async (t) => {
  const { sink, connect } = await rig(t);
  const octets = Buffer.concat([Buffer.alloc(BODY_PIECE_OCTETS, 'x'), Buffer.from('\n.\n')]);
  const body: MessageBody = {
    length: octets.length,
    octets: null,
    read: async (start, end) => octets.subarray(start, end),
  };
  const connection = await connect();
  assert.deepEqual(kinds(await connection.send(messageTo(['b@two.test'], { body }))), ['failed 5.6.3 body']);
  assert.equal(sink.messages.length, 0);
});

test('a long body is read whole only where it has to be converted', async (t) => {
  const { sink, connect } = await rig(t, { extensions: ['PIPELINING'] });
  const octets = Buffer.concat([Buffer.from('\r\n'), Buffer.alloc(BODY_PIECE_OCTETS, 'ü\r\n')]);
  const reads: number[] = [];
  const body: MessageBody = {
    length: octets.length,
    octets: null,
    read: async (start, end) => {
      reads.push(end - start);
      return octets.subarray(start, end);
    },
  };
  const seven = Buffer.from('\r\nseven\r\n');
  const connection = await connect({}, { convert: () => ({ kind: 'converted', octets: seven }) });
  const results = await Promise.all([
    connection.send(messageTo(['b@two.test'], { body, bodyType: '8BITMIME' })),
    connection.send(messageTo(['c@two.test'], { body: bodyOf(seven) })),
  ]);
  assert.deepEqual(results.flatMap(kinds), ['relayed 2.0.0 body', 'relayed 2.0.0 body']);
  assert.deepEqual(reads, [octets.length]);
  assert.deepEqual(
    sink.messages.map(({ rcpts, octets }) => `${rcpts.join()} ${octets.toString().trim()}`),
    ['RCPT TO:<b@two.test> seven', 'RCPT TO:<c@two.test> seven'],
  );
});

test('a body that the store cannot give defers', async (t) => {
  const { sink, connect } = await rig(t);
  const body: MessageBody = { length: 10, octets: null, read: () => Promise.reject(new Error('disk')) };
  const connection = await connect();
  assert.deepEqual(kinds(await connection.send(messageTo(['b@two.test'], { body }))), ['deferred 4.3.0 body']);
  assert.equal(sink.messages.length, 0);
});

test('RFC 5321 §3.2 HELO where EHLO is not known', async (t) => {
  const { sink, connect } = await rig(t, { script: ({ stage }) => (stage === 'ehlo' ? '502 5.5.1 what?' : undefined) });
  const connection = await connect();
  assert.equal(connection.capabilities.pipelining, false);
  assert.deepEqual(sink.lines, ['1 EHLO relay.one.test', '1 HELO relay.one.test']);
});

test('a greeting that is not 220 refuses, with its words', async (t) => {
  for (const [reply, temporary] of [
    ['554 5.7.1 blocked', false],
    ['450 4.3.2 busy', true],
    ['421 4.3.2 too many connections', true],
    ['250 odd', true],
  ] as const) {
    const { open } = await rig(t, { script: ({ stage }) => (stage === 'connect' ? reply : undefined) });
    const refused = await open();
    assert.ok(refused.kind === 'refused');
    assert.deepEqual([refused.phase, refused.temporary], ['greeting', temporary]);
    assert.equal(refused.reply?.lines.join(), reply.replace(/^\d+ ([\d.]+ )?/, ''));
  }
});

test('a host that does not greet is left in time; one that is not there at once', async (t) => {
  const { sink, clock, open } = await rig(t, { script: ({ stage }) => (stage === 'connect' ? HANG : undefined) });
  const opening = open();
  await sink.until(() => sink.connections === 1);
  await new Promise((resolve) => setImmediate(resolve));
  await clock.advance(CLIENT_TIMEOUTS.connectMs + CLIENT_TIMEOUTS.greetingMs);
  const refused = await opening;
  assert.ok(refused.kind === 'refused');
  const { port } = sink;
  await sink.close();
  const gone = await open({ port });
  assert.ok(gone.kind === 'refused');
  assert.deepEqual([gone.phase, gone.enhanced, gone.text], ['connect', '4.4.1', 'the host refuses connections']);
});

test('RFC 3207 TLS where it is offered; sessions are used again', async (t) => {
  const { sink, connect } = await rig(t, { extensions: ['PIPELINING', 'STARTTLS'] });
  const sessions = new TlsSessionCache();
  const connection = await connect({ tls: 'opportunistic' }, { sessions });
  assert.match(connection.peer.tls!, /^TLSv1\.3 TLS_/);
  await connection.send(messageTo(['b@two.test']));
  assert.equal(sink.messages[0]!.tls, true);
  assert.equal(sessions.size, 1);
  connection.quit();
  await connect({ tls: 'opportunistic' }, { sessions });
  assert.equal(sink.resumed, 1);
  assert.equal(connection.tlsFault, null);
});

test('RFC 3207 §4.1 opportunistic TLS that fails goes on in the clear, on a fresh connection', async (t) => {
  for (const script of [
    ({ stage }) => (stage === 'starttls' ? '454 4.7.0 not now' : undefined),
    ({ stage, tls }) => (stage === 'starttls' && !tls ? '220 go\r\n250 injected' : undefined),
  ] satisfies SinkScript[]) {
    const { sink, connect } = await rig(t, { extensions: ['STARTTLS'], script });
    const connection = await connect({ tls: 'opportunistic' });
    assert.equal(connection.peer.tls, null);
    assert.ok(connection.tlsFault !== null);
    assert.equal(sink.connections, 2);
  }
});

test('required TLS: a certificate of that name, or nothing', async (t) => {
  const { open, connect, sink } = await rig(t, { extensions: ['STARTTLS', 'REQUIRETLS', 'PIPELINING'] });
  const connection = await connect({ tls: 'required' }, { secureContext: trusting });
  assert.deepEqual(kinds(await connection.send(messageTo(['b@two.test'], { requiretls: true }))), [
    'relayed 2.0.0 body',
  ]);
  for (const [change, parts] of [
    [{}, {}],
    [{ host: 'mx.two.test' }, { secureContext: trusting }],
  ] as const) {
    const refused = await open({ tls: 'required', ...change }, parts);
    assert.ok(refused.kind === 'refused');
    assert.deepEqual([refused.phase, refused.temporary, refused.enhanced], ['tls', true, '4.7.5']);
  }
  sink.extensions = [];
  const without = await open({ tls: 'required' }, { secureContext: trusting });
  assert.ok(without.kind === 'refused');
  assert.equal(without.phase, 'tls');
});

test('RFC 8689 §4.2.1 REQUIRETLS does not travel over TLS that was not checked', async (t) => {
  const { connect } = await rig(t, { extensions: ['STARTTLS', 'REQUIRETLS'] });
  const connection = await connect({ tls: 'opportunistic' });
  assert.deepEqual(kinds(await connection.send(messageTo(['b@two.test'], { requiretls: true }))), [
    'failed 5.7.30 mail',
  ]);
});

test('RFC 8314 implicit TLS', async (t) => {
  const { connect } = await rig(t, { implicitTls: true });
  const connection = await connect({ implicitTls: true, tls: 'required' }, { secureContext: trusting });
  assert.deepEqual(kinds(await connection.send(messageTo(['b@two.test']))), ['relayed 2.0.0 body']);
});

test('RFC 4954 signing in; a wrong password leaves the mail waiting', async (t) => {
  const { sink, connect, open } = await rig(t, { extensions: ['AUTH PLAIN'] });
  await connect({ login: { user: 'u', password: 'p' } });
  assert.ok(sink.lines.some((line) => line.endsWith(Buffer.from('\0u\0p').toString('base64'))));
  sink.script = ({ stage }) => (stage === 'auth' ? '535 5.7.8 no' : undefined);
  const refused = await open({ login: { user: 'u', password: 'p' } });
  assert.ok(refused.kind === 'refused');
  assert.deepEqual([refused.phase, refused.temporary], ['auth', true]);
  sink.extensions = [];
  const without = await open({ login: { user: 'u', password: 'p' } });
  assert.ok(without.kind === 'refused');
  assert.equal(without.phase, 'auth');
});

test('an idle connection that the server ends is noticed', async (t) => {
  const { sink, connect } = await rig(t);
  const connection = await connect();
  await connection.send(messageTo(['b@two.test']));
  const ended = new Promise<void>((resolve) => connection.onIdleEnd(resolve));
  await sink.close();
  await ended;
  assert.equal(connection.usable, false);
});

test('QUIT is said and the socket closed', async (t) => {
  const { sink, connect } = await rig(t);
  const connection = await connect();
  connection.quit();
  await sink.until(() => sink.open === 0);
  assert.equal(sink.lines.at(-1), '1 QUIT');
});
