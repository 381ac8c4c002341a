import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatQueueId, parseQueueId } from './queue-id.ts';

test('a queue id leads back to its unit, in any case and as a plain number', () => {
  for (const unitId of [1_793_000_000_000 * 1000 + 7, Number.MAX_SAFE_INTEGER]) {
    assert.equal(parseQueueId(formatQueueId(unitId)), unitId);
    assert.equal(parseQueueId(` ${formatQueueId(unitId).toUpperCase()}`), unitId);
    assert.equal(parseQueueId(String(unitId)), unitId);
  }
  for (const text of ['', 'ann@one.test', '<a@b>', 'zzzzzzzzzzz', '123', '99999999999999999', 'id with space'])
    assert.equal(parseQueueId(text), null, text);
});
