import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answerFromZones } from '../../base/dns/zone.ts';
import { parseConfig } from '../config/load-config.ts';
import { configText, demoZones, hostnameOf, ROAD } from './hosts.ts';

test('the three configurations are valid and lead from one to the next', () => {
  const machine = { cores: 2, name: 'demo' };
  const [one, two, three] = ROAD.map((host) =>
    parseConfig(configText(host, { dnsPort: 5353, nextPort: 2525 }), { file: null, folder: '/demo', machine }),
  );
  assert.deepEqual(
    one?.listeners.map(({ protocol }) => protocol),
    ['submission', 'smtp'],
  );
  assert.equal(one.outbound.port, 2525);
  assert.deepEqual(
    two?.routes.map(({ domain, via, relayDomain }) => [domain, via.host, via.port, relayDomain]),
    [['three.test', 'mx.three.test', 2525, true]],
  );
  assert.deepEqual(
    three?.listeners.map(({ protocol, address }) => [protocol, address]),
    [
      ['smtp', '127.0.0.1'],
      ['pop3', '127.0.0.1'],
    ],
  );
});

test('the private DNS sends mail for three.test to the relay', () => {
  const ask = (name: string, type: 'MX' | 'A') => answerFromZones(demoZones(), { name, type }).answers[0]?.data;
  assert.deepEqual(ask('three.test', 'MX'), { preference: 10, exchange: 'mx.two.test' });
  assert.deepEqual(ask('two.test', 'MX'), { preference: 10, exchange: 'mx.two.test' });
  for (const host of ROAD) assert.equal(ask(hostnameOf(host), 'A'), '127.0.0.1');
});
