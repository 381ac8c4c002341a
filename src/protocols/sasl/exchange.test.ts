import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ChannelBinding } from './channel-binding.ts';
import type { CredentialSource, ScramOutcome } from './credential-source.ts';
import { createSaslClient } from './client/mechanisms.ts';
import { preparePassword } from './prepare-password.ts';
import type { SaslClient } from './sasl-client.ts';
import type { SaslServer, SaslStep, SaslVerdict } from './sasl-server.ts';
import { deriveScramKeys, fakeScramVerifier, scramProof } from './scram-keys.ts';
import { createSaslServer, saslMechanisms } from './server/mechanisms.ts';

const ACCOUNT = { id: 7, address: 'user@one.test' };
const EXPORTER: ChannelBinding = { type: 'tls-exporter', data: Buffer.alloc(32, 9) };
const END_POINT: ChannelBinding = { type: 'tls-server-end-point', data: Buffer.alloc(32, 8) };
const SALT = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64');

/** One account, user/pencil; remembers what the SCRAM exchanges came to. */
class OneAccount implements CredentialSource {
  readonly outcomes: ScramOutcome[] = [];
  readonly iterations: number;

  constructor(iterations = 4096) {
    this.iterations = iterations;
  }

  async verifyPassword(name: string, password: string): Promise<SaslVerdict> {
    if (name === 'busy') return { kind: 'failure', temporary: true, reason: 'busy' };
    if (name === 'user' && password === 'pencil') return { kind: 'success', account: ACCOUNT };
    return { kind: 'failure', temporary: false, reason: 'wrong' };
  }

  async scramVerifier(name: string) {
    const { iterations } = this;
    if (name === 'busy') return { kind: 'refused', temporary: true, reason: 'busy' } as const;
    if (name !== 'user') {
      const verifier = fakeScramVerifier(Buffer.alloc(32), name, { saltOctets: 16, iterations });
      return { kind: 'verifier', verifier, account: null } as const;
    }
    const keys = await deriveScramKeys({ password: preparePassword('pencil'), salt: SALT, iterations, hash: 'sha256' });
    return { kind: 'verifier', verifier: { salt: SALT, iterations, ...keys }, account: ACCOUNT } as const;
  }

  async finishScram(outcome: ScramOutcome): Promise<SaslVerdict> {
    this.outcomes.push(outcome);
    if (outcome.proven && outcome.account !== null) return { kind: 'success', account: outcome.account };
    return { kind: 'failure', temporary: false, reason: 'wrong' };
  }
}

function server(mechanism: string, bindings: ChannelBinding[] = [], source: CredentialSource = new OneAccount()) {
  const created = createSaslServer(mechanism, { source, scram: true, plaintext: true, channelBindings: bindings });
  assert.ok(created);
  return created;
}

function client(offered: string[], options: Partial<Parameters<typeof createSaslClient>[1]> = {}): SaslClient {
  const base = { name: 'user', password: 'pencil', channelBindings: [], plaintext: true };
  const created = createSaslClient(offered, { ...base, ...options });
  assert.ok(created);
  return created;
}

/** Lets both sides talk until the server has decided; returns its last step and the client's opinion. */
async function converse(client: SaslClient, server: SaslServer): Promise<{ step: SaslStep; doubt: string | null }> {
  let step = await server.next(client.initialResponse());
  while (step.kind === 'challenge') {
    const answer = await client.next(step.data);
    if (answer.kind === 'failure') return { step, doubt: answer.reason };
    step = await server.next(answer.data);
  }
  return { step, doubt: step.kind === 'success' ? client.checkSuccess(step.data ?? null) : null };
}

async function tell(server: SaslServer, ...messages: (string | null)[]): Promise<SaslStep> {
  let step: SaslStep | undefined;
  for (const message of messages) step = await server.next(message === null ? null : Buffer.from(message));
  assert.ok(step);
  return step;
}

describe('SCRAM-SHA-256', () => {
  const nonces = { client: 'rOprNGfwEbeRWgbNEkqO', server: '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0' };
  const serverFirst = `r=${nonces.client}${nonces.server},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`;
  const clientFinal = `c=biws,r=${nonces.client}${nonces.server},p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=`;
  const serverFinal = 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=';

  test('RFC 7677 §3 the example, as server', async () => {
    const options = { source: new OneAccount(), scram: true, plaintext: false, channelBindings: [] };
    const exchange = createSaslServer('scram-sha-256', { ...options, createNonce: () => nonces.server });
    assert.ok(exchange);
    const challenge = await tell(exchange, `n,,n=user,r=${nonces.client}`);
    assert.deepEqual(challenge, { kind: 'challenge', data: Buffer.from(serverFirst) });
    const success = await tell(exchange, clientFinal);
    assert.deepEqual(success, { kind: 'success', account: ACCOUNT, data: Buffer.from(serverFinal) });
  });

  test('RFC 7677 §3 the example, as client', async () => {
    const exchange = client(['PLAIN', 'SCRAM-SHA-256'], { nonce: nonces.client });
    assert.equal(exchange.initialResponse()?.toString(), `n,,n=user,r=${nonces.client}`);
    const answer = await exchange.next(Buffer.from(serverFirst));
    assert.deepEqual(answer, { kind: 'response', data: Buffer.from(clientFinal) });
    assert.equal(exchange.checkSuccess(null), 'the server did not show that it knows the password');
    assert.equal(exchange.checkSuccess(Buffer.from(serverFinal)), null);
    assert.equal(exchange.checkSuccess(null), null);
  });

  test('RFC 5802 §5 server-final as a challenge is answered with nothing', async () => {
    const exchange = client(['SCRAM-SHA-256'], { nonce: nonces.client });
    await exchange.next(Buffer.from(serverFirst));
    assert.deepEqual(await exchange.next(Buffer.from(serverFinal)), { kind: 'response', data: Buffer.alloc(0) });
    assert.equal(exchange.checkSuccess(null), null);
  });

  const lies: [string, string[]][] = [
    ['a nonce that is not ours', [serverFirst.replace('rOpr', 'xOpr')]],
    ['a nonce that adds nothing', [`r=${nonces.client},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`]],
    ['too few iterations', [serverFirst.replace('4096', '4095')]],
    ['too many iterations', [serverFirst.replace('4096', '2000001')]],
    ['a malformed challenge', ['hello']],
    ['a wrong signature', [serverFirst, serverFinal.replace('6rri', '7rri')]],
    ['a short signature', [serverFirst, 'v=YWJj']],
    ['an error', [serverFirst, 'e=invalid-proof']],
  ];
  for (const [title, challenges] of lies)
    test(`RFC 7677 §4 the client leaves a server with ${title}`, async () => {
      const exchange = client(['SCRAM-SHA-256'], { nonce: nonces.client });
      const kinds: string[] = [];
      for (const challenge of challenges) kinds.push((await exchange.next(Buffer.from(challenge))).kind);
      assert.equal(kinds.at(-1), 'failure');
      assert.notEqual(exchange.checkSuccess(null), null);
    });

  test('RFC 5802 §5 a wrong password and an unknown name fail alike, after the same messages', async () => {
    const source = new OneAccount();
    for (const options of [{ password: 'pen' }, { name: 'nobody' }]) {
      const { step } = await converse(client(['SCRAM-SHA-256'], options), server('SCRAM-SHA-256', [], source));
      assert.deepEqual(step, { kind: 'failure', temporary: false, reason: 'wrong' });
    }
    assert.deepEqual(
      source.outcomes.map(({ account, proven }) => ({ account, proven })),
      [
        { account: ACCOUNT, proven: false },
        { account: null, proven: false },
      ],
    );
  });

  test('a source that believes a wrong proof is not believed', async () => {
    const source = new OneAccount();
    source.finishScram = async () => ({ kind: 'success', account: ACCOUNT });
    const { step } = await converse(
      client(['SCRAM-SHA-256'], { password: 'pen' }),
      server('SCRAM-SHA-256', [], source),
    );
    assert.equal(step.kind, 'failure');
  });

  test('a client without initial response gets an empty challenge first', async () => {
    const exchange = server('SCRAM-SHA-256');
    assert.deepEqual(await exchange.next(null), { kind: 'challenge', data: Buffer.alloc(0) });
    assert.equal((await converse(client(['SCRAM-SHA-256']), exchange)).step.kind, 'success');
  });

  test('a temporary refusal stays temporary', async () => {
    const { step } = await converse(client(['SCRAM-SHA-256'], { name: 'busy' }), server('SCRAM-SHA-256'));
    assert.deepEqual(step, { kind: 'failure', temporary: true, reason: 'busy' });
  });

  const broken: [string, string[]][] = [
    ['a malformed first message', ['hello']],
    ['a malformed final message', ['n,,n=user,r=abc', 'hello']],
    ['another nonce', ['n,,n=user,r=abc', 'c=biws,r=abc,p=YWJj']],
    ['channel binding without PLUS', ['p=tls-exporter,,n=user,r=abc']],
  ];
  for (const [title, messages] of broken)
    test(`RFC 5802 §5 the server refuses ${title}, and the exchange is over`, async () => {
      const exchange = server('SCRAM-SHA-256');
      assert.equal((await tell(exchange, ...messages)).kind, 'failure');
    });

  test('a finished exchange gives no second try', async () => {
    const exchange = server('SCRAM-SHA-256');
    assert.equal((await converse(client(['SCRAM-SHA-256']), exchange)).step.kind, 'success');
    assert.equal((await tell(exchange, clientFinal)).kind, 'failure');
  });

  test('RFC 4422 §3.4.1 nobody acts as somebody else', async () => {
    const options = { source: new OneAccount(), scram: true, plaintext: false, channelBindings: [] };
    for (const [authorizationId, expected] of [
      ['user', 'success'],
      ['User@one.test', 'success'],
      ['root', 'failure'],
    ] as const) {
      const exchange = createSaslServer('SCRAM-SHA-256', { ...options, createNonce: () => 'x' });
      assert.ok(exchange);
      const challenge = await tell(exchange, `n,a=${authorizationId},n=user,r=abc`);
      assert.ok(challenge.kind === 'challenge');
      // The proof covers the gs2-header, so it is made anew for this one.
      const header = Buffer.from(`n,a=${authorizationId},`).toString('base64');
      const withoutProof = `c=${header},r=abcx`;
      const keys = await deriveScramKeys({ password: 'pencil', salt: SALT, iterations: 4096, hash: 'sha256' });
      const proof = scramProof('sha256', keys, `n=user,r=abc,${challenge.data.toString()},${withoutProof}`);
      const step = await tell(exchange, `${withoutProof},p=${proof.toString('base64')}`);
      assert.equal(step.kind, expected, authorizationId);
    }
  });
});

describe('SCRAM-SHA-256-PLUS', () => {
  for (const binding of [EXPORTER, END_POINT])
    test(`RFC 5802 §6 binds to ${binding.type}`, async () => {
      const exchange = client(['SCRAM-SHA-256-PLUS', 'SCRAM-SHA-256'], { channelBindings: [binding] });
      assert.equal(exchange.mechanism, 'SCRAM-SHA-256-PLUS');
      const { step, doubt } = await converse(exchange, server('SCRAM-SHA-256-PLUS', [EXPORTER, END_POINT]));
      assert.equal(step.kind, 'success');
      assert.equal(doubt, null);
    });

  test('RFC 5802 §6 another connection’s binding is refused', async () => {
    const stolen = { type: 'tls-exporter', data: Buffer.alloc(32, 1) } as const;
    const exchange = client(['SCRAM-SHA-256-PLUS'], { channelBindings: [stolen] });
    const { step } = await converse(exchange, server('SCRAM-SHA-256-PLUS', [EXPORTER]));
    assert.deepEqual(step, { kind: 'failure', temporary: false, reason: 'channel bindings do not match' });
  });

  test('RFC 5802 §6 a client that saw no PLUS although we offer it is refused', async () => {
    const exchange = client(['SCRAM-SHA-256'], { channelBindings: [EXPORTER] });
    assert.equal(exchange.mechanism, 'SCRAM-SHA-256');
    assert.equal(exchange.initialResponse()?.toString().slice(0, 3), 'y,,');
    const { step } = await converse(exchange, server('SCRAM-SHA-256', [EXPORTER]));
    assert.deepEqual(step, { kind: 'failure', temporary: false, reason: 'PLUS was hidden from the client' });
    const again = client(['SCRAM-SHA-256'], { channelBindings: [EXPORTER] });
    assert.equal((await converse(again, server('SCRAM-SHA-256'))).step.kind, 'success');
  });

  test('RFC 5802 §6 a client that cannot bind may use SCRAM-SHA-256 beside PLUS', async () => {
    const { step } = await converse(client(['SCRAM-SHA-256']), server('SCRAM-SHA-256', [EXPORTER]));
    assert.equal(step.kind, 'success');
  });

  test('RFC 5802 §7 unsupported binding types and PLUS without binding are refused', async () => {
    for (const first of ['p=tls-unique,,n=user,r=abc', 'n,,n=user,r=abc', 'y,,n=user,r=abc'])
      assert.equal((await tell(server('SCRAM-SHA-256-PLUS', [EXPORTER]), first)).kind, 'failure');
  });
});

describe('PLAIN and LOGIN', () => {
  for (const mechanism of ['PLAIN', 'LOGIN']) {
    test(`${mechanism} signs in`, async () => {
      const { step, doubt } = await converse(client([mechanism]), server(mechanism));
      assert.deepEqual(step, { kind: 'success', account: ACCOUNT });
      assert.equal(doubt, null);
    });

    test(`${mechanism} refuses a wrong password, and passes on what may pass`, async () => {
      const wrong = await converse(client([mechanism], { password: 'pen' }), server(mechanism));
      assert.deepEqual(wrong.step, { kind: 'failure', temporary: false, reason: 'wrong' });
      const busy = await converse(client([mechanism], { name: 'busy' }), server(mechanism));
      assert.deepEqual(busy.step, { kind: 'failure', temporary: true, reason: 'busy' });
    });

    test(`${mechanism} refuses a message that is not UTF-8`, async () => {
      const step = await server(mechanism).next(Buffer.from('\0\xff\0\xff', 'latin1'));
      assert.equal(step.kind, 'failure');
    });
  }

  test('RFC 4616 §2 PLAIN without initial response', async () => {
    const exchange = server('PLAIN');
    assert.deepEqual(await exchange.next(null), { kind: 'challenge', data: Buffer.alloc(0) });
    assert.equal((await tell(exchange, '\0user\0pencil')).kind, 'success');
  });

  test('RFC 4616 §2 PLAIN with an authorization identity', async () => {
    assert.equal((await tell(server('PLAIN'), 'user\0user\0pencil')).kind, 'success');
    assert.equal((await tell(server('PLAIN'), 'user@one.test\0user\0pencil')).kind, 'success');
    assert.equal((await tell(server('PLAIN'), 'root\0user\0pencil')).kind, 'failure');
    assert.equal((await tell(server('PLAIN'), 'root\0user\0pen')).kind, 'failure');
  });

  test('LOGIN with the name as initial response, and with an empty one', async () => {
    assert.equal((await tell(server('LOGIN'), 'user', 'pencil')).kind, 'success');
    assert.equal((await tell(server('LOGIN'), '', 'user', 'pencil')).kind, 'success');
  });

  test('LOGIN refuses an empty password and a NUL', async () => {
    assert.equal((await tell(server('LOGIN'), 'user', '')).kind, 'failure');
    assert.equal((await tell(server('LOGIN'), 'us\0er')).kind, 'failure');
  });
});

describe('the offer', () => {
  const offers: [string, Parameters<typeof saslMechanisms>[0], string[]][] = [
    [
      'everything',
      { scram: true, plaintext: true, channelBindings: [EXPORTER] },
      ['SCRAM-SHA-256-PLUS', 'SCRAM-SHA-256', 'PLAIN', 'LOGIN'],
    ],
    [
      'TLS without bindings',
      { scram: true, plaintext: true, channelBindings: [] },
      ['SCRAM-SHA-256', 'PLAIN', 'LOGIN'],
    ],
    ['accounts without verifier', { scram: false, plaintext: true, channelBindings: [EXPORTER] }, ['PLAIN', 'LOGIN']],
    ['no encryption', { scram: true, plaintext: false, channelBindings: [] }, ['SCRAM-SHA-256']],
    ['nothing', { scram: false, plaintext: false, channelBindings: [EXPORTER] }, []],
  ];
  for (const [title, offer, expected] of offers)
    test(`RFC 4422 §3.1 ${title}`, () => {
      assert.deepEqual(saslMechanisms(offer), expected);
      const all = ['PLAIN', 'LOGIN', 'SCRAM-SHA-256', 'SCRAM-SHA-256-PLUS', 'CRAM-MD5', ''];
      const started = all.filter((name) => createSaslServer(name, { ...offer, source: new OneAccount() }) !== null);
      assert.deepEqual(started.toSorted(), expected.toSorted());
    });

  test('a client never sends a password in the clear', () => {
    const options = { name: 'user', password: 'pencil', channelBindings: [], plaintext: false };
    assert.equal(createSaslClient(['PLAIN', 'LOGIN'], options), null);
    assert.equal(createSaslClient(['plain', 'scram-sha-256'], options)?.mechanism, 'SCRAM-SHA-256');
    assert.equal(createSaslClient(['CRAM-MD5'], { ...options, plaintext: true }), null);
  });
});
