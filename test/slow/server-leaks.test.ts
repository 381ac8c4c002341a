// Nothing stays behind of connections that are dropped, whatever they had come to: thousands of short sessions that end in
// every state of SMTP and POP3; descriptors go back to what they were, and memory settles. Linux.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { ACCOUNTS, PASSWORD, planServer, ServerProcess } from '../support/server-process.ts';

const [ANN] = ACCOUNTS;
/** Until heap and allocator have the size that such a load wants. */
const WARMING_ROUNDS = 12;
const ROUNDS = 12;
const SESSIONS_PER_ROUND = 3000;
const AT_ONCE = 40;
const SETTLE_TRIES = 100;
const SETTLE_STEP_MS = 100;
const DESCRIPTORS_MORE_MAX = 8;
/** A connection that is kept costs several times as much. */
const GROWTH_MAX_BYTES_EACH = 1500;

const TRANSACTION = `EHLO c.test\r\nMAIL FROM:<eve@two.test>\r\nRCPT TO:<${ANN}>\r\n`;
const LARGE = `Subject: x\r\n\r\n${`${'x'.repeat(70)}\r\n`.repeat(5000)}`;

/** What a client says before it is gone: one for each state. */
const SMTP_ENDINGS = [
  '',
  'EHLO c.test\r\n',
  'NOOP\r\nEHLO c.te',
  'EHLO c.test\r\nMAIL FROM:<eve@two.test>\r\n',
  TRANSACTION,
  `${TRANSACTION}DATA\r\n`,
  `${TRANSACTION}DATA\r\nSubject: half`,
  `${TRANSACTION}DATA\r\n${LARGE}`,
  `${TRANSACTION}BDAT 100\r\nhalf of it`,
  `${TRANSACTION}BDAT 400000 LAST\r\n${LARGE}`,
  `${TRANSACTION}RSET\r\nNOOP\r\n`,
  'EHLO c.test\r\nSTARTTLS\r\n',
  'EHLO c.test\r\nSTARTTLS\r\n\x16\x03\x01\x02\x00\x01\x00',
  'EHLO c.test\r\nAUTH PLAIN\r\n',
  `${'x'.repeat(5000)}\r\n`,
  `EHLO c.test\r\n${'NOOP\r\n'.repeat(200)}`,
  'QUIT\r\n',
];
const POP3_ENDINGS = [
  '',
  'CAPA\r\n',
  `USER ${ANN}\r\n`,
  `USER ${ANN}\r\nPASS wro`,
  `USER ${ANN}\r\nPASS ${PASSWORD}\r\n`,
  `USER ${ANN}\r\nPASS ${PASSWORD}\r\nSTAT\r\nLIST\r\nUIDL\r\n`,
  'AUTH PLAIN\r\n',
  'STLS\r\n',
  'STLS\r\n\x16\x03\x01\x02\x00\x01\x00',
  'QUIT\r\n',
];

/** Connects, hears the greeting, speaks, hears some answer or the end, and is gone, every other time without a goodbye. */
async function dropIn(port: number, words: string, at: number): Promise<void> {
  const socket = connect(port, '127.0.0.1').on('error', () => {});
  await Promise.race([once(socket, 'data').catch(() => {}), once(socket, 'close')]);
  if (words !== '' && !socket.destroyed) {
    socket.write(words, 'latin1');
    await Promise.race([once(socket, 'data').catch(() => {}), once(socket, 'close')]);
  }
  if (at % 2 === 0) socket.destroy();
  else socket.resetAndDestroy();
  if (!socket.closed) await once(socket, 'close');
}

async function runRound(smtp: number, pop3: number): Promise<void> {
  const all = [
    ...SMTP_ENDINGS.map((words) => ({ port: smtp, words })),
    ...POP3_ENDINGS.map((words) => ({ port: pop3, words })),
  ];
  let next = 0;
  const goOn = async (): Promise<void> => {
    while (next < SESSIONS_PER_ROUND) {
      const at = next++;
      const { port, words } = all[at % all.length] as (typeof all)[number];
      await dropIn(port, words, at);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, goOn));
}

test('sessions that break off in every state leave neither descriptors nor memory behind', async (t) => {
  const plan = await planServer(t);
  const server = await ServerProcess.start(plan);
  t.after(() => server.kill());
  const { smtp = 0, pop3 = 0 } = server.ports;
  const most = server.descriptors() + DESCRIPTORS_MORE_MAX;
  const settle = async (): Promise<void> => {
    for (let tries = 0; tries < SETTLE_TRIES && server.descriptors() > most; tries++) {
      await new Promise((resolve) => setTimeout(resolve, SETTLE_STEP_MS));
    }
    assert.ok(server.descriptors() <= most, `${server.descriptors()} descriptors, not ${most}`);
  };
  const rss: number[] = [];
  for (let round = 0; round < WARMING_ROUNDS + ROUNDS; round++) {
    await runRound(smtp, pop3);
    await settle();
    rss.push(server.memory('VmRSS'));
  }
  const each = ((rss.at(-1) ?? 0) - (rss[WARMING_ROUNDS - 1] ?? 0)) / (ROUNDS * SESSIONS_PER_ROUND);
  t.diagnostic(`RSS after each round: ${rss.map((bytes) => Math.round(bytes / 1e6)).join(', ')} MB`);
  assert.ok(each < GROWTH_MAX_BYTES_EACH, `${each} octets more for each session`);
  assert.ok(server.isAlive);
  assert.doesNotMatch(server.log, /"level":"error"/);
  assert.equal(await server.stop(), 0, server.log);
});
