// What the numbers say after things have happened: every metric of the table moves.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatExposition } from '../../src/servers/metrics/exposition.ts';
import { METRICS } from '../../src/services/metrics/metric-table.ts';
import { openWorld } from '../support/outside-world.ts';
import { startServer, type TestServer } from '../support/running-server.ts';

const LETTER = 'From: ann@one.test\r\nSubject: s\r\n\r\nhello\r\n';

/** Every sample that is not 0, by its name and labels as a scrape shows them. */
async function scrape(server: TestServer): Promise<Map<string, number>> {
  const text = await formatExposition(METRICS, await server.running.house.collect());
  const samples = text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line): [string, number] => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]);
  return new Map(samples.filter(([, value]) => value !== 0));
}

test('every metric tells of what happened', async (t) => {
  const { sink, settings } = await openWorld(t);
  const server = await startServer(t, {
    settings: `${settings}[limits]\nconnections_per_address = 8\nhops = 10\n`,
  });
  await server.addAccount('admin@one.test', { role: 'administrator' });
  await server.addAccount('ann@one.test');
  await server.addAlias('away@one.test', 'ann@gone.test');
  sink.script = ({ stage, line }) => (stage === 'rcpt' && line.includes('later') ? '450 4.2.0 later' : undefined);

  const inside = [await server.dial('smtp')];
  for (;;) {
    const client = await server.dial('smtp');
    if (!client.greeting.startsWith('220')) break;
    inside.push(client);
  }
  for (const client of inside) client.abort();
  await server.until(async () => {
    const client = await server.dial('smtp');
    client.abort();
    return client.greeting.startsWith('220');
  });

  const stranger = await server.greet('smtp');
  assert.match(await stranger.deliver('bob@two.test', ['ann@one.test'], LETTER), /^250 /);
  const hops = 'Received: from a by b; Mon, 5 Oct 2026 10:00:00 +0000\r\n'.repeat(11);
  assert.match(await stranger.deliver('bob@two.test', ['ann@one.test'], hops + LETTER), /^554 /);
  assert.match(await stranger.deliver('', ['away@one.test'], LETTER), /^250 /);
  const wrong = await server.greet('submissions');
  assert.match(await wrong.signIn('PLAIN', 'ann@one.test', 'wrong'), /^535 /);
  await assert.rejects(server.pop3('nobody@one.test'));
  const ann = await server.signedIn('ann@one.test');
  assert.match(await ann.deliver('ann@one.test', ['bob@two.test', 'later@three.test'], LETTER), /^250 /);
  await server.inboxOf(1, 'admin@one.test');
  const seen = async (name: string): Promise<boolean> => (await scrape(server)).has(name);
  await server.until(() => seen('postroad_messages_relayed_total'));
  await server.until(() => seen('postroad_messages_deferred_total'));

  const samples = await scrape(server);
  const silent = Object.keys(METRICS).filter((name) => ![...samples.keys()].some((sample) => sample.startsWith(name)));
  // These are of the moment, and may be 0.
  const momentary = ['postroad_hash_queue_depth', 'postroad_event_loop_delay_seconds'];
  // PostgreSQL keeps its write-ahead log to itself.
  if (process.env['POSTROAD_TEST_POSTGRES'] !== undefined) momentary.push('postroad_wal_bytes');
  assert.deepEqual(
    silent.filter((name) => !momentary.includes(name)),
    [],
  );
  const exact = {
    'postroad_messages_received_total{service="smtp"}': 2,
    'postroad_messages_received_total{service="submissions"}': 1,
    'postroad_messages_refused_total{service="smtp"}': 1,
    'postroad_sign_in_failures_total{service="submissions"}': 1,
    'postroad_sign_in_failures_total{service="pop3"}': 1,
    postroad_messages_relayed_total: 1,
    postroad_messages_deferred_total: 1,
    postroad_messages_bounced_total: 1,
    postroad_double_bounces_total: 1,
  };
  assert.ok((samples.get('postroad_connections_refused_total{service="smtp"}') ?? 0) >= 1);
  for (const [name, value] of Object.entries(exact)) assert.equal(samples.get(name), value, name);
  for (const client of [stranger, wrong, ann]) client.abort();
});
