import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '../../../test/support/virtual-clock.ts';
import { parseCidr, type Cidr } from '../../base/net/ip.ts';
import { createAdmission, type Admission, type AdmissionSettings } from './admission.ts';
import { allocateConnectionLedger, ConnectionLedger } from './connection-ledger.ts';
import { CONNECTION_RATE_WINDOW_MS } from './limits.ts';

const LIMITS = { openPerAddress: 2, openPerNetwork: 3, newPerAddressPerMinute: 100 };

function build(settings: Partial<AdmissionSettings> = {}): {
  admission: Admission;
  set: (next: object) => void;
  clock: VirtualClock;
} {
  let current = { limits: LIMITS, connectionsMax: 100, trustedNetworks: [] as readonly Cidr[], ...settings };
  const clock = new VirtualClock();
  const ledger = new ConnectionLedger(allocateConnectionLedger(), 0);
  const admission = createAdmission({ ledger, clock, settings: () => current });
  return { admission, clock, set: (next) => void (current = { ...current, ...next }) };
}

/** How each of these connections was received. */
function kinds(admission: Admission, ...addresses: readonly string[]): string[] {
  return addresses.map((address) => admission.enter(address).kind);
}

test('an address and its network have their number; a /64 is one address', () => {
  const { admission } = build();
  assert.deepEqual(kinds(admission, '192.0.2.1', '192.0.2.1', '192.0.2.1'), ['counted', 'counted', 'refused']);
  assert.deepEqual(kinds(admission, '192.0.2.9', '192.0.2.8', '192.0.3.1'), ['counted', 'refused', 'counted']);
  assert.deepEqual(kinds(admission, '2001:db8::1', '2001:db8::2:3', '2001:db8::4'), ['counted', 'counted', 'refused']);
  assert.deepEqual(kinds(admission, '2001:db8:0:1::1', '2001:db8:0:2::1'), ['counted', 'refused']);
  assert.equal(admission.open, 7);
});

test('who leaves makes room; a refused one has none to give', () => {
  const { admission } = build();
  const first = admission.enter('192.0.2.1');
  admission.enter('192.0.2.1');
  const refused = admission.enter('192.0.2.1');
  admission.leave(refused);
  assert.equal(admission.enter('192.0.2.1').kind, 'refused');
  admission.leave(first);
  assert.equal(admission.enter('192.0.2.1').kind, 'counted');
  assert.equal(admission.open, 2);
});

test('new connections of a minute', async () => {
  const { admission, clock } = build({ limits: { ...LIMITS, newPerAddressPerMinute: 2 } });
  for (let round = 0; round < 2; round++) admission.leave(admission.enter('192.0.2.1'));
  assert.equal(admission.enter('192.0.2.1').kind, 'refused');
  await clock.advance(CONNECTION_RATE_WINDOW_MS);
  assert.equal(admission.enter('192.0.2.1').kind, 'counted');
});

test('trusted networks are not counted, but the thread has its most all the same', () => {
  const { admission, set } = build({ trustedNetworks: [parseCidr('192.0.2.0/24')!], connectionsMax: 5 });
  const five = Array.from({ length: 5 }, () => '192.0.2.1');
  assert.deepEqual(new Set(kinds(admission, ...five)), new Set(['uncounted']));
  assert.equal(admission.enter('192.0.2.1').kind, 'refused');
  set({ connectionsMax: 6, trustedNetworks: [] });
  assert.equal(admission.enter('192.0.2.1').kind, 'counted');
});
