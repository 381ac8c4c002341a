import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '../../../test/support/virtual-clock.ts';
import { parseDnsServer, systemDnsServers } from './servers.ts';

const GOOD: readonly [string, string, number][] = [
  ['192.0.2.1', '192.0.2.1', 53],
  ['127.0.0.1:5353', '127.0.0.1', 5353],
  ['2001:db8::1', '2001:db8::1', 53],
  ['[2001:db8::1]:5353', '2001:db8::1', 5353],
  ['[::1]', '::1', 53],
];
const BAD = [
  '',
  'dns.test',
  '127.0.0.1:0',
  '127.0.0.1:65536',
  '127.0.0.1:',
  '[127.0.0.1]:53',
  '[::1',
  '::1]:53',
  '1.2.3',
];

test('servers are read as address and port', () => {
  for (const [text, address, port] of GOOD) assert.deepEqual(parseDnsServer(text), { address, port }, text);
  for (const text of BAD) assert.equal(parseDnsServer(text), null, text);
});

test("the system's servers are addresses with ports, read once a minute", () => {
  const servers = systemDnsServers(new VirtualClock());
  const first = servers();
  for (const server of first) assert.ok(server.port > 0 && server.address !== '');
  assert.equal(servers(), first);
});
