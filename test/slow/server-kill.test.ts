// `kill -9` of the whole server at random moments under load. Every letter has an id of its own. Answered with 250: in
// its mailboxes exactly once, and in the queue or at the next hop. Not answered: at most once, and all of it or nothing.
// SMTP leaves one gap on sending (RFC 5321 §6.1): between the next hop's 250 and our commit of it. What the kill or the
// restart of the sink finds in that gap is sent again; the test counts it and bounds it.
// A kill cannot show lost durability (the page cache survives it): that is server-sync-order's work.
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { ACCOUNTS, PASSWORD, planServer, ServerProcess, type ServerPlan } from '../support/server-process.ts';
import { makeLetter, readAttempts, readLetter } from '../support/attempts.ts';
import { SmtpSink } from '../support/smtp-sink.ts';
import { isDisconnection, openPop3, openSmtp, sendLetter } from '../support/text-client.ts';

/** `npm run torture` asks for more. */
const ROUNDS = Number(process.env['POSTROAD_TORTURE_ROUNDS'] ?? 50);
const SESSIONS = 8;
/** The kill comes within this long of the life's first answer; in every seventh life, of the moment it accepts. */
const LIFE_MAX_MS = 400;
const EARLY_KILL_EVERY = 7;
const LARGE_EVERY = 40;
const LARGE_OCTETS = 400_000;
const SINK_RESTART_EVERY = 5;
const FOLDER_CHECK_EVERY = 10;
/** Outcomes that were heard and not yet written, on average at most so many for each kill: connections to one site. */
const GAP_MAX = 20;
const POP3_FLIGHT = 50;
const [ANN, BOB] = ACCOUNTS;
const FAR = 'x@far.test';
const TARGETS = [[ANN], [ANN, BOB], [FAR], [ANN, FAR]] as const;

interface Attempt {
  readonly to: readonly string[];
  answered: boolean;
}

/** The sink, which is restarted now and then. */
interface NextHop {
  sink: SmtpSink;
}

/** What the test knows: what it sent and what came of it. */
class Ledger {
  readonly attempts = new Map<string, Attempt>();
  /** Attempt → the lives of the server in which the sink took it. */
  readonly taken = new Map<string, number[]>();
  /** By account: attempts read over POP3. */
  readonly read = new Map<string, Set<string>>(ACCOUNTS.map((account) => [account, new Set()]));
  readonly uidls = new Set<string>();
  onAnswer: () => void = () => {};

  get answered(): number {
    return [...this.attempts.values()].filter((attempt) => attempt.answered).length;
  }
}

/** Sends letter after letter until the connection ends. */
async function runSession(port: number, name: string, ledger: Ledger): Promise<void> {
  try {
    const client = await openSmtp(port);
    for (let n = 0; ; n++) {
      const id = `${name}-${n}`;
      const attempt: Attempt = { to: TARGETS[Math.floor(Math.random() * TARGETS.length)] ?? [ANN], answered: false };
      const size = Math.random() * LARGE_EVERY < 1 ? LARGE_OCTETS : 1000;
      ledger.attempts.set(id, attempt);
      const reply = await sendLetter(client, attempt.to, makeLetter(id, size));
      assert.match(reply, /^250 2\.0\.0 /);
      attempt.answered = true;
      ledger.onAnswer();
    }
  } catch (error) {
    if (!isDisconnection(error)) throw error;
  }
}

/** Notes what the sink took in this life, and forgets it there. */
function emptySink(sink: SmtpSink, life: number, ledger: Ledger): void {
  for (const { octets } of sink.messages.splice(0)) {
    const attempt = readLetter(octets);
    assert.ok(attempt !== null, 'the sink was sent whole letters only');
    ledger.taken.set(attempt, [...(ledger.taken.get(attempt) ?? []), life]);
  }
  sink.lines.length = 0;
  sink.flights.length = 0;
}

/** Reads over POP3 what has not been read yet; every letter must be whole. */
async function readMailbox(port: number, account: string, ledger: Ledger): Promise<void> {
  const client = await openPop3(port, account, PASSWORD);
  await client.send('UIDL\r\n');
  const listing = (await client.until('\r\n.\r\n')).toString('latin1');
  const fresh = [...listing.matchAll(/^(\d+) (\S+)\r$/gm)].filter(
    ([, , uidl = '']) => !ledger.uidls.has(`${account} ${uidl}`),
  );
  for (let at = 0; at < fresh.length; at += POP3_FLIGHT) {
    const flight = fresh.slice(at, at + POP3_FLIGHT);
    await client.send(flight.map(([, number]) => `RETR ${number}\r\n`).join(''));
    for (const [, , uidl = ''] of flight) {
      const said = await client.until('\r\n.\r\n');
      ledger.uidls.add(`${account} ${uidl}`);
      const attempt = readLetter(said.subarray(0, -3));
      assert.ok(attempt !== null, `${account} reads a whole letter, not: ${said.toString('latin1', 0, 300)}`);
      const seen = ledger.read.get(account);
      assert.ok(!seen?.has(attempt), `${account} has ${attempt} once`);
      seen?.add(attempt);
    }
  }
  client.close();
}

/** One life of the server: it starts, its mailboxes are read, load, and the kill. */
async function liveOnce(plan: ServerPlan, life: number, hop: NextHop, ledger: Ledger): Promise<void> {
  const server = await ServerProcess.start(plan);
  try {
    const { smtp = 0, pop3 = 0 } = server.ports;
    const answered = new Promise<void>((resolve) => {
      ledger.onAnswer = resolve;
      if (life % EARLY_KILL_EVERY === EARLY_KILL_EVERY - 1) resolve();
    });
    const sessions = Promise.all(Array.from({ length: SESSIONS }, (_, n) => runSession(smtp, `${life}-${n}`, ledger)));
    const killed = answered.then(async () => {
      await new Promise((resolve) => setTimeout(resolve, Math.random() * LIFE_MAX_MS));
      await server.kill();
    });
    if (life % SINK_RESTART_EVERY === SINK_RESTART_EVERY - 1) {
      const { sink } = hop;
      await Promise.race([sink.until(() => sink.messages.length > 0), killed]);
      await sink.close();
      emptySink(sink, life, ledger);
      hop.sink = await SmtpSink.start({ port: sink.port });
    }
    if (life % 2 === 1) {
      await readMailbox(pop3, ANN, ledger).catch((error: unknown) => {
        if (!isDisconnection(error)) throw error;
      });
    }
    await killed;
    await sessions;
  } finally {
    await server.kill();
  }
  emptySink(hop.sink, life, ledger);
}

/** Everything that must hold while no server runs; how many letters were sent more than once. */
async function checkFolder(plan: ServerPlan, ledger: Ledger): Promise<{ again: number; left: number }> {
  const { boxes, queued, faults } = await readAttempts(plan.dataDir);
  assert.deepEqual(faults, []);
  let again = 0;
  const wrong: string[] = [];
  for (const [id, { to, answered }] of ledger.attempts) {
    const inBoxes = ACCOUNTS.map((account, index) => ({
      account,
      meant: to.includes(account),
      count: boxes[index]?.get(id) ?? 0,
    }));
    const taken = ledger.taken.get(id) ?? [];
    const copies = taken.length + (queued.has(id) ? 1 : 0);
    const places = [
      ...inBoxes.filter(({ meant }) => meant).map(({ count }) => count),
      ...(to.includes(FAR) ? [Math.min(copies, 1)] : []),
    ];
    const told = `${id} to ${to.join(', ')}, answered: ${answered}, places: ${places.join(' ')}`;
    if (inBoxes.some(({ meant, count }) => count > (meant ? 1 : 0))) wrong.push(`too often in a mailbox: ${told}`);
    if (new Set(places).size !== 1) wrong.push(`in some of its places only: ${told}`);
    if (answered && places[0] !== 1) wrong.push(`lost: ${told}`);
    if (copies > 0 && !to.includes(FAR)) wrong.push(`sent where it was not meant to go: ${told}`);
    again += Math.max(0, copies - 1);
  }
  assert.deepEqual(wrong, []);
  for (const attempt of [...boxes.flatMap((box) => [...box.keys()]), ...queued.keys(), ...ledger.taken.keys()]) {
    assert.ok(ledger.attempts.has(attempt), `${attempt} was sent by this test`);
  }
  return { again, left: queued.size };
}

/** Without a kill: what the mailboxes hold is what POP3 shows, what was never tried goes out, and it ends with 0. */
async function checkCalm(plan: ServerPlan, sink: SmtpSink, ledger: Ledger): Promise<void> {
  const untried = [...(await readAttempts(plan.dataDir)).queued].filter(([, tries]) => tries === 0).map(([id]) => id);
  const server = await ServerProcess.start(plan);
  try {
    for (const account of ACCOUNTS) await readMailbox(server.ports['pop3'] ?? 0, account, ledger);
    const here = (): Set<string | null> => new Set(sink.messages.map(({ octets }) => readLetter(octets)));
    await sink.until(() => sink.messages.length >= untried.length && untried.every((id) => here().has(id)));
    assert.equal(await server.stop(), 0, server.log);
  } finally {
    await server.kill();
  }
  emptySink(sink, ROUNDS, ledger);
  const { boxes } = await readAttempts(plan.dataDir);
  for (const [index, account] of ACCOUNTS.entries()) {
    assert.deepEqual([...(ledger.read.get(account) ?? [])].sort(), [...(boxes[index]?.keys() ?? [])].sort());
  }
}

async function planWithSink(t: TestContext, sink: SmtpSink): Promise<ServerPlan> {
  const route = `[[route]]\ndomain = "far.test"\nvia = "smtp://127.0.0.1:${sink.port}"\nrelay_domain = true\n`;
  return await planServer(t, { tables: route });
}

test(`${ROUNDS} kills of the server under load lose nothing that was answered and double nothing`, async (t) => {
  const hop: NextHop = { sink: await SmtpSink.start() };
  t.after(() => hop.sink.close());
  const plan = await planWithSink(t, hop.sink);
  const ledger = new Ledger();
  let sum = { again: 0, left: 0 };
  for (let life = 0; life < ROUNDS; life++) {
    await liveOnce(plan, life, hop, ledger);
    if (life % FOLDER_CHECK_EVERY !== FOLDER_CHECK_EVERY - 1) continue;
    sum = await checkFolder(plan, ledger);
    if (process.env['POSTROAD_TORTURE_ROUNDS'] === undefined) continue;
    const { attempts, answered } = ledger;
    process.stderr.write(
      `${life + 1} of ${ROUNDS} kills: ${attempts.size} letters, ${answered} answered, ${sum.again} sent again\n`,
    );
  }
  await checkCalm(plan, hop.sink, ledger);
  sum = await checkFolder(plan, ledger);
  t.diagnostic(
    `${ROUNDS} kills: ${ledger.attempts.size} letters sent, ${ledger.answered} answered, ${ledger.taken.size} at the sink, ` +
      `${sum.again} of them more than once, ${sum.left} still in the queue`,
  );
  assert.ok(ledger.answered > ROUNDS, `${ledger.answered} answers`);
  assert.ok(sum.again <= ROUNDS * GAP_MAX, `${sum.again} were sent again`);
});
