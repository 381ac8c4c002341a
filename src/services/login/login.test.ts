import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import { VirtualClock } from '../../../test/support/virtual-clock.ts';
import { MailError } from '../../base/errors/mail-error.ts';
import { silentLog, type LogFields } from '../../base/log.ts';
import { createSaslClient, createSaslServer, type SaslStep } from '../../protocols/sasl/index.ts';
import { isCurrentHash } from '../passwords/argon2id.ts';
import { deriveCredentials, verifyPassword } from '../passwords/credentials.ts';
import { createHashQueue, type HashQueue } from '../passwords/hash-queue.ts';
import { SCRAM_ITERATIONS, SCRAM_SALT_OCTETS } from '../passwords/limits.ts';
import { FREE_FAILURES } from './limits.ts';
import { createLogin, type CredentialUpgrade, type LoginAccount, type LoginOptions } from './login.ts';
import { createSignInThrottle } from './throttle.ts';

const CLIENT = { address: '192.0.2.1', protocol: 'submission' };
const PASSWORD = 'tiger 42';
const CREDENTIALS = await deriveCredentials(PASSWORD);
const ANN: LoginAccount = { id: 1, address: 'ann@one.test', disabled: false, ...CREDENTIALS };
// {SSHA} of the password with the salt 'salt'.
const IMPORTED = '{SSHA}j2ZKiurGzjuY4L5EzG4ZYpbZRllzYWx0';

function setUp(accounts: LoginAccount[] = [ANN], changes: Partial<LoginOptions> = {}) {
  const clock = new VirtualClock();
  const verified: string[] = [];
  const hashQueue = createHashQueue({
    cores: 2,
    clock,
    work: {
      hash: deriveCredentials,
      verify(passwordHash, password) {
        verified.push(passwordHash);
        return verifyPassword(passwordHash, password);
      },
    },
  });
  const lines: string[] = [];
  const record = (fields: LogFields, text: string): void => void lines.push(`${text} ${inspect(fields)}`);
  const log = { ...silentLog, debug: record, info: record, warn: record, error: record };
  const directory = new Map(accounts.map((account) => [account.address, account]));
  const upgrades: CredentialUpgrade[] = [];
  const login = createLogin({
    findAccount: ({ localKey, domainKey }) => directory.get(`${localKey}@${domainKey}`) ?? null,
    hashQueue,
    throttle: createSignInThrottle({ clock, log, trustedNetworks: () => [] }),
    clock,
    log,
    secret: Buffer.alloc(32, 5),
    defaultDomain: () => 'one.test',
    hasAllVerifiers: () => true,
    upgradeCredentials: async (upgrade) => void upgrades.push(upgrade),
    ...changes,
  });
  return { login, clock, directory, verified, lines, upgrades, hashQueue, source: login.source(CLIENT) };
}

type House = ReturnType<typeof setUp>;

async function scram(house: House, name: string, password: string): Promise<SaslStep> {
  const offer = { scram: house.login.scramAvailable(), plaintext: true, channelBindings: [] };
  const server = createSaslServer('SCRAM-SHA-256', { ...offer, source: house.source });
  const client = createSaslClient(['SCRAM-SHA-256'], { name, password, channelBindings: [], plaintext: false });
  assert.ok(server !== null && client !== null);
  let step = await server.next(client.initialResponse());
  while (step.kind === 'challenge') {
    const answer = await client.next(step.data);
    assert.ok(answer.kind === 'response');
    step = await server.next(answer.data);
  }
  if (step.kind === 'success') assert.equal(client.checkSuccess(step.data ?? null), null);
  return step;
}

const ACCEPTED = { kind: 'success', account: { id: 1, address: 'ann@one.test' } };
const WRONG = { kind: 'failure', temporary: false, reason: 'wrong name or password' };

describe('passwords', () => {
  for (const name of ['ann@one.test', 'ANN@One.TEST', 'ann', ' Ann '])
    test(`the right one is accepted for ${JSON.stringify(name)}`, async () => {
      assert.deepEqual(await setUp().source.verifyPassword(name, PASSWORD), ACCEPTED);
    });

  test('the second sign-in does not hash, until the password changes', async () => {
    const house = setUp();
    for (let i = 0; i < 3; i++) assert.deepEqual(await house.source.verifyPassword('ann', PASSWORD), ACCEPTED);
    assert.equal(house.verified.length, 1);
    const changed = await deriveCredentials('other');
    house.directory.set(ANN.address, { ...ANN, ...changed });
    assert.deepEqual(await house.source.verifyPassword('ann', PASSWORD), WRONG);
    assert.equal(house.verified.length, 2);
  });

  test('an unknown name costs one verification like a wrong password, and sounds the same', async () => {
    const house = setUp([ANN, { ...ANN, id: 2, address: 'bob@one.test', passwordHash: null, scram: null }]);
    for (const name of ['ann', 'nobody', 'bob', 'not a name', 'ann@two.test'])
      assert.deepEqual(await house.source.verifyPassword(name, 'wrong'), WRONG, name);
    assert.equal(house.verified.length, 5);
    assert.ok(house.verified.every(isCurrentHash));
    assert.equal(new Set(house.verified).size, 5);
  });

  test('a disabled account is refused after its password was judged, for good', async () => {
    const house = setUp([{ ...ANN, disabled: true }]);
    const verdict = await house.source.verifyPassword('ann', PASSWORD);
    assert.deepEqual(verdict, { kind: 'failure', temporary: false, reason: 'the account is disabled' });
    assert.deepEqual(await house.source.verifyPassword('ann', 'wrong'), WRONG);
    assert.equal(house.verified.length, 2);
  });

  test('an account without a password lets nobody in', async () => {
    const house = setUp([{ ...ANN, passwordHash: null, scram: null }]);
    assert.deepEqual(await house.source.verifyPassword('ann', PASSWORD), WRONG);
  });

  test('an unreachable directory is our fault and may pass', async () => {
    const away = new MailError('directory-unavailable', 'Try again later.', { temporary: true });
    for (const error of [away, new Error('disk I/O error')]) {
      const house = setUp([ANN], { findAccount: () => Promise.reject(error) });
      const verdict = await house.source.verifyPassword('ann', PASSWORD);
      assert.ok(verdict.kind === 'failure' && verdict.temporary);
      const lookup = await house.source.scramVerifier('ann');
      assert.ok(lookup.kind === 'refused' && lookup.temporary);
    }
  });

  test('a full hash queue is our fault and may pass', async () => {
    const full = (): Promise<never> =>
      Promise.reject(new MailError('auth-temporary', 'Too many sign-ins.', { temporary: true }));
    const hashQueue: HashQueue = { hash: full, verify: full };
    const house = setUp([ANN], { hashQueue });
    const verdict = await house.source.verifyPassword('ann', PASSWORD);
    assert.deepEqual(verdict, { kind: 'failure', temporary: true, reason: 'not judged: auth-temporary' });
  });

  test('no password and no unknown name is in the log', async () => {
    const house = setUp();
    await house.source.verifyPassword('ann', PASSWORD);
    await house.source.verifyPassword('ann', 'hunter2');
    await house.source.verifyPassword('hunter2', 'hunter2');
    await house.source.verifyPassword('hunter2', 'hunter2');
    await scram(house, 'ann', 'hunter2');
    await scram(house, 'hunter2', 'hunter2');
    assert.equal(house.lines.length, 6);
    assert.doesNotMatch(house.lines.join('\n'), /hunter2|tiger|argon2/);
    assert.match(house.lines.join('\n'), /ann@one\.test/);
  });
});

describe('upgrades', () => {
  const imported: LoginAccount = { ...ANN, passwordHash: IMPORTED, scram: null };

  test('an imported hash becomes argon2id and SCRAM at the first sign-in with the password', async () => {
    const house = setUp([imported]);
    const verdicts = await Promise.all([1, 2, 3].map(() => house.source.verifyPassword('ann', PASSWORD)));
    assert.deepEqual(verdicts, [ACCEPTED, ACCEPTED, ACCEPTED]);
    await house.login.settled();
    assert.equal(house.upgrades.length, 1);
    const { accountId, replacedHash, credentials } = house.upgrades[0]!;
    assert.deepEqual([accountId, replacedHash], [1, IMPORTED]);
    house.directory.set(ANN.address, { ...ANN, ...credentials });
    assert.equal((await scram(house, 'ann', PASSWORD)).kind, 'success');
    assert.deepEqual(await house.source.verifyPassword('ann', PASSWORD), ACCEPTED);
    await house.login.settled();
    assert.equal(house.upgrades.length, 1);
    assert.equal(house.verified.length, 1);
  });

  test('a wrong password upgrades nothing', async () => {
    const house = setUp([imported]);
    assert.deepEqual(await house.source.verifyPassword('ann', 'wrong'), WRONG);
    await house.login.settled();
    assert.equal(house.upgrades.length, 0);
  });

  test('an upgrade that fails leaves the sign-in as it is, and the next one tries again', async () => {
    let tries = 0;
    const house = setUp([imported], {
      upgradeCredentials: async () => {
        tries++;
        throw new MailError('storage-failed', 'Try again later.', { temporary: true });
      },
    });
    for (let i = 0; i < 2; i++) {
      assert.deepEqual(await house.source.verifyPassword('ann', PASSWORD), ACCEPTED);
      await house.login.settled();
    }
    assert.equal(tries, 2);
  });
});

describe('SCRAM', () => {
  test('the right password is accepted without hashing', async () => {
    const house = setUp();
    const step = await scram(house, 'Ann', PASSWORD);
    assert.ok(step.kind === 'success');
    assert.deepEqual(step.account, ACCEPTED.account);
    assert.equal(house.verified.length, 0);
  });

  test('a wrong password, an unknown name and an account without verifier fail alike', async () => {
    const house = setUp([ANN, { ...ANN, id: 2, address: 'bob@one.test', scram: null }]);
    for (const name of ['ann', 'nobody', 'bob']) assert.deepEqual(await scram(house, name, 'wrong'), WRONG);
  });

  test('RFC 5802 §5.1 an unknown name gets a stable salt, however it is written, like that of an account', async () => {
    const { source } = setUp();
    const [one, two, other] = await Promise.all(
      ['nobody', 'Nobody@ONE.test', 'else'].map((n) => source.scramVerifier(n)),
    );
    assert.ok(one?.kind === 'verifier' && other?.kind === 'verifier');
    assert.deepEqual(one, two);
    assert.notDeepEqual(one.verifier.salt, other.verifier.salt);
    assert.deepEqual([one.verifier.salt.length, one.verifier.iterations], [SCRAM_SALT_OCTETS, SCRAM_ITERATIONS]);
  });

  test('an account that is disabled or changed between the two messages is refused', async () => {
    const proof = {
      name: 'ann',
      account: { id: 1, address: 'ann@one.test' },
      proven: true,
    };
    const disabled = setUp([{ ...ANN, disabled: true }]);
    assert.equal((await disabled.source.finishScram(proof)).kind, 'failure');
    assert.equal((await setUp([]).source.finishScram(proof)).kind, 'failure');
    assert.equal((await setUp([{ ...ANN, id: 9 }]).source.finishScram(proof)).kind, 'failure');
    assert.equal((await setUp().source.finishScram({ ...proof, proven: false })).kind, 'failure');
    assert.equal((await setUp().source.finishScram(proof)).kind, 'success');
  });

  test('it is advertised only when it works for everybody', () => {
    let all = false;
    const { login } = setUp([ANN], { hasAllVerifiers: () => all });
    assert.equal(login.scramAvailable(), false);
    all = true;
    assert.equal(login.scramAvailable(), true);
  });
});

describe('throttling', () => {
  test('guessing is slowed down; the right password has to wait its turn too', async () => {
    const house = setUp();
    for (let i = 0; i <= FREE_FAILURES; i++) await house.source.verifyPassword('ann', `guess ${i}`);
    let verdict: unknown = null;
    const waiting = house.source.verifyPassword('ann', PASSWORD).then((v) => (verdict = v));
    await house.clock.advance(900);
    assert.equal(verdict, null);
    await house.clock.advance(200);
    assert.deepEqual(await waiting, ACCEPTED);
  });

  test('a flood is refused for now', async () => {
    const house = setUp();
    for (let i = 0; i <= FREE_FAILURES; i++) await scram(house, 'ann', 'guess');
    const flood = Array.from({ length: 100 }, (_, i) => house.source.verifyPassword('ann', `more ${i}`));
    await house.clock.advance(100_000);
    const verdicts = await Promise.all(flood);
    const refused = verdicts.filter((v) => v.kind === 'failure' && v.temporary);
    assert.ok(refused.length >= 75);
    assert.ok(house.verified.length <= 25);
    const lookup = await house.login.source({ ...CLIENT, address: '198.51.100.1' }).scramVerifier('ann');
    assert.equal(lookup.kind, 'verifier');
  });

  test('a program that repeats its wrong password is not slowed down, and costs no hashing', async () => {
    const house = setUp();
    for (let i = 0; i < 3 * FREE_FAILURES; i++) {
      assert.equal((await house.source.verifyPassword('ann', 'old password')).kind, 'failure');
    }
    assert.equal(house.verified.length, 1);
    assert.deepEqual(await house.source.verifyPassword('ann', PASSWORD), ACCEPTED);
  });

  test('a password that was wrong is judged anew when the account has changed', async () => {
    const house = setUp();
    await house.source.verifyPassword('ann', 'next');
    house.directory.set(ANN.address, { ...ANN, ...(await deriveCredentials('next')) });
    assert.deepEqual(await house.source.verifyPassword('ann', 'next'), ACCEPTED);
  });
});
