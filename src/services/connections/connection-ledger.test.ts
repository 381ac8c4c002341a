import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allocateConnectionLedger, ConnectionLedger, type Ticket } from './connection-ledger.ts';
import { CONNECTION_RATE_WINDOW_MS, LEDGER_SLOTS } from './limits.ts';

const LIMITS = { openPerAddress: 3, openPerNetwork: 5, newPerAddressPerMinute: 10 };

test('an address may hold its number of connections over all threads, and one more when one ends', () => {
  const memory = allocateConnectionLedger();
  const [a, b] = [new ConnectionLedger(memory, 0), new ConnectionLedger(memory, 1)];
  const first = a.enter('192.0.2.1', '192.0.2.0', LIMITS, 0) as Ticket;
  b.enter('192.0.2.1', '192.0.2.0', LIMITS, 0);
  b.enter('192.0.2.1', '192.0.2.0', LIMITS, 0);
  assert.equal(a.enter('192.0.2.1', '192.0.2.0', LIMITS, 0), 'open');
  a.leave(first);
  assert.equal(typeof b.enter('192.0.2.1', '192.0.2.0', LIMITS, 0), 'object');
});

test('a network may hold its number of connections', () => {
  const ledger = new ConnectionLedger(allocateConnectionLedger(), 0);
  for (let host = 0; host < 5; host++) ledger.enter(`192.0.2.${host}`, '192.0.2.0', LIMITS, 0);
  assert.equal(ledger.enter('192.0.2.9', '192.0.2.0', LIMITS, 0), 'open');
  assert.equal(typeof ledger.enter('198.51.100.9', '198.51.100.0', LIMITS, 0), 'object');
});

test('new connections are counted by the minute', () => {
  const ledger = new ConnectionLedger(allocateConnectionLedger(), 0);
  for (let n = 0; n < 10; n++) ledger.leave(ledger.enter('2001:db8::', '2001:db8::', LIMITS, 0) as Ticket);
  assert.equal(ledger.enter('2001:db8::', '2001:db8::', LIMITS, 0), 'rate');
  assert.equal(typeof ledger.enter('2001:db8::', '2001:db8::', LIMITS, CONNECTION_RATE_WINDOW_MS), 'object');
});

test('the counts of a dead thread are dropped', () => {
  const memory = allocateConnectionLedger();
  const [a, b] = [new ConnectionLedger(memory, 0), new ConnectionLedger(memory, 1)];
  for (let n = 0; n < 3; n++) b.enter('192.0.2.1', '192.0.2.0', LIMITS, 0);
  assert.equal(a.enter('192.0.2.1', '192.0.2.0', LIMITS, 0), 'open');
  a.forgetThread(1);
  assert.equal(typeof a.enter('192.0.2.1', '192.0.2.0', LIMITS, 0), 'object');
});

test('more addresses than slots: those that left make room, and counts return to zero', () => {
  const ledger = new ConnectionLedger(allocateConnectionLedger(), 0);
  for (let n = 0; n < LEDGER_SLOTS * 2; n++) {
    const ticket = ledger.enter(`address ${n}`, `network ${n}`, LIMITS, n * 1000);
    assert.equal(typeof ticket, 'object');
    ledger.leave(ticket as Ticket);
  }
});
