import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLog } from '../../base/log.ts';
import type { ThreadSnapshot } from '../../base/metrics/collect.ts';
import { parseCidr, type Cidr } from '../../base/net/ip.ts';
import { createCounters } from '../../services/metrics/counters.ts';
import { startMetricsServer } from './metrics-server.ts';

const LOOPBACK = [parseCidr('127.0.0.0/8'), parseCidr('10.0.0.0/8')] as Cidr[];

async function serve(parts: { missing?: string[]; allowFrom?: readonly Cidr[]; collected?: ThreadSnapshot[] }) {
  const server = await startMetricsServer({
    listen: { address: '127.0.0.1', port: 0 },
    allowFrom: parts.allowFrom ?? LOOPBACK,
    collect: async () => parts.collected ?? [],
    ready: () => parts.missing ?? [],
    log: silentLog,
  });
  const get = async (path: string): Promise<[number, string]> => {
    const answer = await fetch(`http://127.0.0.1:${server.port}${path}`, { headers: { Connection: 'close' } });
    return [answer.status, await answer.text()];
  };
  return { server, get };
}

test('the numbers of all threads are added up, or told for each thread', async (t) => {
  const one = createCounters();
  const two = createCounters();
  one.add('postroad_messages_received_total', 'smtp');
  two.addMany('postroad_messages_received_total', 2, 'smtp');
  two.addMany('postroad_messages_received_total', 5, 'submission');
  one.set('postroad_event_loop_delay_seconds', 0.5, '0.99');
  one.observe('postroad_commit_seconds', 0.004);
  two.observe('postroad_commit_seconds', 3);
  const { server, get } = await serve({
    collected: [
      { thread: 'protocol-1', cells: one.snapshot() },
      { thread: 'protocol-2', cells: two.snapshot() },
      { thread: 'store', cells: null },
    ],
  });
  t.after(() => server.close());
  const [status, text] = await get('/metrics');
  assert.equal(status, 200);
  const lines = text.split('\n');
  for (const line of [
    '# TYPE postroad_messages_received_total counter',
    'postroad_messages_received_total{service="smtp"} 3',
    'postroad_messages_received_total{service="submission"} 5',
    'postroad_event_loop_delay_seconds{quantile="0.99",thread="protocol-1"} 0.5',
    'postroad_event_loop_delay_seconds{quantile="0.99",thread="protocol-2"} 0',
    '# TYPE postroad_commit_seconds histogram',
    'postroad_commit_seconds_bucket{le="0.0025"} 0',
    'postroad_commit_seconds_bucket{le="0.005"} 1',
    'postroad_commit_seconds_bucket{le="+Inf"} 2',
    'postroad_commit_seconds_sum 3.004',
    'postroad_commit_seconds_count 2',
    'postroad_thread_up{thread="protocol-1"} 1',
    'postroad_thread_up{thread="store"} 0',
  ])
    assert.ok(lines.includes(line), `${line} is not in\n${text}`);
});

test('health: live, and ready or what is missing', async (t) => {
  const { server, get } = await serve({ missing: ['the store is not open', 'draining'] });
  t.after(() => server.close());
  assert.deepEqual(await get('/health/live'), [200, 'live\n']);
  assert.deepEqual(await get('/health/ready'), [503, 'the store is not open\ndraining\n']);
  const other = await serve({});
  t.after(() => other.server.close());
  assert.deepEqual(await other.get('/health/ready'), [200, 'ready\n']);
});

test('clients from other networks are refused', async (t) => {
  const { server, get } = await serve({ allowFrom: [parseCidr('10.0.0.0/8') as Cidr] });
  t.after(() => server.close());
  assert.equal((await get('/metrics'))[0], 403);
});
