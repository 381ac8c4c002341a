import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { WaitingTable, type Row } from './waiting-table.ts';

const step = fc.record({
  unitId: fc.oneof(fc.nat(50), fc.integer({ min: 2 ** 40, max: 2 ** 40 + 50 })),
  domain: fc.constantFrom('a.test', 'b.test', 'c.test'),
  accountId: fc.constantFrom(null, 7, 2 ** 45),
});

test('the waiting table finds what a map would, after any additions and removals', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
      const table = new WaitingTable();
      const model = new Map<string, { row: Row; accountId: number | null }>();
      for (const { unitId, domain, accountId } of steps) {
        const key = `${unitId} ${domain}`;
        const known = model.get(key);
        assert.equal(table.find(unitId, domain), known?.row ?? 0);
        if (known === undefined) {
          model.set(key, {
            row: table.add({ unitId, domain, accountId, expiresAtMs: (unitId % 1000) * 1000 }),
            accountId,
          });
        } else {
          assert.deepEqual(
            [
              table.unitId(known.row),
              table.domain(known.row),
              table.accountId(known.row),
              table.expiresAtMs(known.row),
            ],
            [unitId, domain, known.accountId, (unitId % 1000) * 1000],
          );
          table.free(known.row);
          model.delete(key);
        }
        assert.equal(table.size, model.size);
      }
      for (const [key, { row }] of model) {
        const [unitId, domain] = key.split(' ');
        assert.equal(table.find(Number(unitId), domain!), row);
      }
    }),
  );
});

test('lists are rings: rows come in the order in which they were appended, and any row may leave', () => {
  const table = new WaitingTable();
  const list = table.newList();
  const rows = [1, 2, 3, 4].map((unitId) => table.add({ unitId, domain: 'a.test', accountId: null, expiresAtMs: 0 }));
  for (const row of rows) table.append(list, row);
  table.unlink(rows[1]!);
  table.unlink(rows[1]!);
  table.unlink(rows[3]!);
  table.append(list, rows[1]!);
  const seen: Row[] = [];
  for (let row = table.first(list); row !== 0; row = table.after(list, row)) seen.push(row);
  assert.deepEqual(seen, [rows[0], rows[2], rows[1]]);
});

test('a waiting key costs at most 80 octets of columns, with the room to grow', () => {
  const table = new WaitingTable();
  for (let unitId = 1; unitId <= 100_000; unitId++) {
    table.add({ unitId, domain: `d${unitId % 1000}.test`, accountId: 1, expiresAtMs: 0 });
  }
  assert.ok(table.octets / table.size <= 80, `${table.octets / table.size}`);
  const [row] = [table.find(5000, 'd0.test')];
  assert.ok(row > 0);
});
