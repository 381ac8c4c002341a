import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TimerWheel } from './timer-wheel.ts';
import { WaitingTable, type Row } from './waiting-table.ts';

const START = 1_800_000_000;
const delay = fc.oneof(
  fc.nat(70),
  fc.nat(5_000),
  fc.nat(500_000),
  fc.nat(40_000_000),
  fc.constantFrom(0, 63, 64, 4095, 4096),
);
const step = fc.oneof(
  fc.record({ kind: fc.constant('add' as const), delay: fc.oneof(delay, fc.integer({ min: -100, max: 0 })) }),
  fc.record({ kind: fc.constant('remove' as const), pick: fc.nat() }),
  fc.record({ kind: fc.constant('advance' as const), by: delay }),
);

test('the timer wheel hands out what a sorted list would, at the same advance', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), fc.nat(10_000_000), (steps, offset) => {
      let now = START + offset;
      const table = new WaitingTable();
      const wheel = new TimerWheel(table, now);
      const model = new Map<Row, number>();
      let units = 0;
      for (const one of steps) {
        if (one.kind === 'add') {
          const row = table.add({ unitId: ++units, domain: 'a.test', accountId: null, expiresAtMs: 0 });
          wheel.add(row, now + one.delay);
          model.set(row, now + one.delay);
        } else if (one.kind === 'remove' && model.size > 0) {
          const row = [...model.keys()][one.pick % model.size]!;
          wheel.remove(row);
          table.free(row);
          model.delete(row);
        } else if (one.kind === 'advance') {
          now += one.by;
          const due: Row[] = [];
          wheel.advance(now, (row) => due.push(row));
          const expected = [...model].filter(([, when]) => when <= now).map(([row]) => row);
          assert.deepEqual(
            due.toSorted((a, b) => a - b),
            expected.toSorted((a, b) => a - b),
          );
          for (const row of due) {
            model.delete(row);
            table.free(row);
          }
        }
        const soonest = Math.min(Infinity, ...model.values());
        assert.ok(wheel.nextSeconds() <= Math.max(now, soonest), 'it wakes in time');
        if (model.size > 0) assert.ok(wheel.nextSeconds() >= now);
        else assert.equal(wheel.nextSeconds(), Infinity);
      }
    }),
    { numRuns: 300 },
  );
});

test('a row that is put back as late comes again with the next advance, not with this one', () => {
  const table = new WaitingTable();
  const wheel = new TimerWheel(table, START);
  wheel.add(table.add({ unitId: 1, domain: 'a.test', accountId: null, expiresAtMs: 0 }), START + 5);
  let times = 0;
  const again = (row: Row): void => {
    times++;
    wheel.add(row, START);
  };
  wheel.advance(START + 100, again);
  assert.equal(times, 1);
  wheel.advance(START + 100, again);
  assert.equal(times, 2);
});
