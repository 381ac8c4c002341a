import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeRoom, ROOM_GONE_BYTES, ROOM_LOW_BYTES } from './machine-checks.ts';

test('little room is told, none is broken', () => {
  const states = [ROOM_LOW_BYTES, ROOM_LOW_BYTES - 1, ROOM_GONE_BYTES, ROOM_GONE_BYTES - 1].map(
    (room) => judgeRoom('data', room).state,
  );
  assert.deepEqual(states, ['good', 'note', 'note', 'broken']);
});
