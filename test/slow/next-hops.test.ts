// Postfix and Exim as the next hop of our client: flights that overlap, BDAT, STARTTLS, refusals, many recipients.
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { systemClock } from '../../src/base/clock.ts';
import {
  bodyOf,
  openConnection,
  type ClientMessage,
  type ClientTarget,
  type SmtpClientConnection,
} from '../../src/protocols/smtp/index.ts';
import { eximAbsent, postfixAbsent, startExim, startPostfix, type OtherServer } from '../support/other-servers.ts';

const MESSAGES = 100;

function messageTo(recipients: readonly string[], text = 'hello\r\n.dot\r\n..two\r\n'): ClientMessage {
  return {
    reversePath: 'ann@one.test',
    recipients: recipients.map((forwardPath) => ({ forwardPath, notify: ['FAILURE'], orcpt: `rfc822;${forwardPath}` })),
    body: bodyOf(Buffer.from(`From: ann@one.test\r\nSubject: x\r\n\r\n${text}`)),
    bodyType: '8BITMIME',
    smtputf8: false,
    requiretls: false,
    ret: 'HDRS',
    envid: 'e+1',
    priority: 0,
    deliverBy: null,
  };
}

type Connect = (server: OtherServer, tls: ClientTarget['tls']) => Promise<SmtpClientConnection>;

/** Called before the server is started, so that the connections end before it is stopped. */
function connector(t: TestContext): Connect {
  const connections: SmtpClientConnection[] = [];
  t.after(() => {
    for (const connection of connections) connection.destroy('the test is over');
  });
  return async (server, tls) => {
    const target = { host: 'mx.two.test', address: '127.0.0.1', port: server.port, localAddress: null };
    const opened = await openConnection(
      { ...target, protocol: 'smtp', heloName: 'localhost', implicitTls: false, tls, login: null },
      { clock: systemClock },
    );
    assert.ok(opened.kind === 'open', JSON.stringify(opened));
    connections.push(opened);
    return opened;
  };
}

async function sendMany(connection: SmtpClientConnection): Promise<void> {
  const sent = Array.from({ length: MESSAGES }, (_, at) => connection.send(messageTo([`r${at}@two.test`])));
  for (const { outcomes } of await Promise.all(sent)) {
    assert.equal(outcomes[0]!.kind, 'relayed', JSON.stringify(outcomes[0]));
  }
  assert.equal(connection.carried, MESSAGES);
}

const ways: [title: string, tls: ClientTarget['tls'], settings: string[]][] = [
  ['by BDAT', 'off', []],
  ['by DATA', 'off', ['smtpd_discard_ehlo_keywords = chunking']],
  ['without PIPELINING', 'off', ['smtpd_discard_ehlo_keywords = pipelining, chunking']],
  ['over TLS', 'opportunistic', []],
  ['although it punishes unauthorized pipelining', 'off', ['smtpd_data_restrictions = reject_unauth_pipelining']],
];
for (const [title, tls, settings] of ways) {
  test(`Postfix takes overlapping messages ${title}`, { skip: postfixAbsent() }, async (t) => {
    const connectTo = connector(t);
    const server = await startPostfix(t, settings);
    const connection = await connectTo(server, tls);
    assert.equal(connection.peer.tls !== null, tls !== 'off');
    await sendMany(connection);
    connection.quit();
    assert.doesNotMatch(server.log(), /improper|NOQUEUE|lost connection after (?!CONNECT)/);
  });
}

test('Postfix: more recipients than it takes are told so and follow', { skip: postfixAbsent() }, async (t) => {
  const connectTo = connector(t);
  const server = await startPostfix(t, ['smtpd_recipient_limit = 10', 'smtpd_recipient_overshoot_limit = 1000']);
  const connection = await connectTo(server, 'off');
  const names = Array.from({ length: 25 }, (_, at) => `r${at}@two.test`);
  const result = await connection.send(messageTo(names));
  assert.equal(result.recipientsMax, 10);
  const kinds = result.outcomes.map(({ kind }) => kind);
  assert.deepEqual(kinds, [...Array(10).fill('relayed'), ...Array(15).fill('unsent')]);
  const rest = await connection.send(messageTo(names.slice(10, 20)));
  assert.ok(rest.outcomes.every(({ kind }) => kind === 'relayed'));
});

test('Postfix refuses a recipient between two that it takes', { skip: postfixAbsent() }, async (t) => {
  const connectTo = connector(t);
  const server = await startPostfix(t);
  const connection = await connectTo(server, 'off');
  const check = async (): Promise<void> => {
    const result = await connection.send(messageTo(['a@two.test', 'b@elsewhere.test.', 'c@two.test']));
    assert.equal(result.outcomes[0]!.kind, 'relayed');
    assert.equal(result.outcomes[2]!.kind, 'relayed');
  };
  await check();
  const whole = await connection.send(messageTo(['no such syntax@two.test']));
  assert.equal(whole.outcomes[0]!.kind, 'failed');
  await check();
});

async function eximConnection(t: TestContext, tls: ClientTarget['tls']): Promise<SmtpClientConnection> {
  const connectTo = connector(t);
  return connectTo(await startExim(t), tls);
}

test('Exim takes overlapping messages by BDAT', { skip: eximAbsent() }, async (t) => {
  const connection = await eximConnection(t, 'off');
  assert.equal(connection.capabilities.chunking, true);
  await sendMany(connection);
  connection.quit();
});

test('Exim takes overlapping messages over TLS', { skip: eximAbsent() }, async (t) => {
  const connection = await eximConnection(t, 'opportunistic');
  assert.notEqual(connection.peer.tls, null);
  await sendMany(connection);
  connection.quit();
});

test(
  'Exim: refused recipients, alone and among others, leave the connection usable',
  { skip: eximAbsent() },
  async (t) => {
    const connection = await eximConnection(t, 'off');
    for (const [recipients, kinds] of [
      [
        ['a@two.test', 'gone@two.test'],
        ['relayed', 'failed'],
      ],
      [['gone@two.test'], ['failed']],
      [['b@two.test'], ['relayed']],
    ] as const) {
      const result = await connection.send(messageTo(recipients));
      assert.deepEqual(
        result.outcomes.map(({ kind }) => kind),
        kinds,
      );
    }
  },
);
