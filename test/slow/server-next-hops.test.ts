// Next hops that hang, drop the connection or answer garbage at each stage of the dialog, over real sockets: mail for
// others goes on, nothing is bounced, nothing is doubled, and everything arrives once the hop is well and the queue is
// told to try again. (The long timeouts and retries over days are tested on a virtual clock, beside the relay.)
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { makeLetter, readAttempts, readLetter } from '../support/attempts.ts';
import { planServer, ServerProcess, type ServerPlan } from '../support/server-process.ts';
import { DROP, HANG, SmtpSink, type SinkAction, type SinkStage } from '../support/smtp-sink.ts';
import { openSmtp, sendLetter } from '../support/text-client.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const run = promisify(execFile);
const STAGES: readonly SinkStage[] = ['connect', 'ehlo', 'mail', 'rcpt', 'data', 'body'];
const FAULTS: Readonly<Record<string, SinkAction>> = {
  hangs: HANG,
  drops: DROP,
  garbage: '\x00\xff{"not": "smtp"}\r\n2\r\n25\r\n999999 what\r\n\r\n250',
  endless: `${'450-more\r\n'.repeat(20_000)}450-and more`,
  busy: { say: '421 4.3.2 going away', drop: true },
};
const LETTERS_EACH = 2;
const GOOD_LETTERS = 20;

interface BadHop {
  readonly domain: string;
  readonly sink: SmtpSink;
}

async function startBadHops(t: TestContext): Promise<BadHop[]> {
  const hops: BadHop[] = [];
  for (const [name, action] of Object.entries(FAULTS)) {
    for (const stage of STAGES) {
      const sink = await SmtpSink.start({ script: (event) => (event.stage === stage ? action : undefined) });
      t.after(() => sink.close());
      hops.push({ domain: `${name}-${stage}.test`, sink });
    }
  }
  return hops;
}

function idsAt(sink: SmtpSink): (string | null)[] {
  return sink.messages.map(({ octets }) => readLetter(octets));
}

async function retryAll(plan: ServerPlan): Promise<void> {
  await run(process.execPath, [MAIN, 'queue', 'retry', '--all', '--config', plan.configPath]);
}

test('next hops that hang, drop or talk nonsense at each stage: others go on, and nothing is lost or doubled', async (t) => {
  const good = await SmtpSink.start();
  t.after(() => good.close());
  const hops = await startBadHops(t);
  const routes = [...hops, { domain: 'good.test', sink: good }].map(
    ({ domain, sink }) =>
      `[[route]]\ndomain = "${domain}"\nvia = "smtp://127.0.0.1:${sink.port}"\nrelay_domain = true\n`,
  );
  const plan = await planServer(t, { tables: routes.join('') });
  const server = await ServerProcess.start(plan);
  t.after(() => server.kill());
  const client = await openSmtp(server.ports['smtp'] ?? 0);
  const wanted = new Map<string, string[]>();
  const send = async (domain: string, count: number): Promise<void> => {
    for (let n = 0; n < count; n++) {
      const id = `${domain}-${wanted.get(domain)?.length ?? 0}`;
      assert.match(await sendLetter(client, [`x@${domain}`], makeLetter(id, 1000)), /^250 /);
      wanted.set(domain, [...(wanted.get(domain) ?? []), id]);
    }
  };
  for (const { domain } of hops) await send(domain, LETTERS_EACH);
  // Every bad hop has been met before the good one is asked.
  for (const { sink } of hops) await sink.until(() => sink.connections > 0);
  await send('good.test', GOOD_LETTERS);
  await good.until(() => good.messages.length >= GOOD_LETTERS);
  for (const { sink, domain } of hops) assert.equal(sink.messages.length, 0, domain);

  // The hops are well again; whoever hung lets go.
  for (const { sink } of hops) {
    sink.script = () => undefined;
    sink.dropAll();
  }
  const everyThere = (): boolean =>
    hops.every(({ domain, sink }) => wanted.get(domain)?.every((id) => idsAt(sink).includes(id)));
  const missing = (): string[] =>
    hops.flatMap(({ domain, sink }) => (wanted.get(domain) ?? []).filter((id) => !idsAt(sink).includes(id)));
  for (let tries = 0; !everyThere() && tries < 60; tries++) {
    await retryAll(plan);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  assert.deepEqual(missing(), []);
  client.close();
  assert.equal(await server.stop(), 0, server.log);
  for (const { domain, sink } of hops)
    assert.deepEqual(idsAt(sink).map(String).sort(), wanted.get(domain)?.sort(), domain);
  const { boxes, queued, faults } = await readAttempts(plan.dataDir);
  assert.deepEqual(faults, [], 'no report was delivered either');
  assert.deepEqual([boxes[0]?.size, boxes[1]?.size, queued.size], [0, 0, 0]);
  assert.doesNotMatch(server.log, /a thread died/);
});
