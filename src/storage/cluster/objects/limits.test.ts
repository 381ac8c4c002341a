import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HTTP_EXCHANGE_MAX_MS } from '../../../base/http/limits.ts';
import { PENDING_MAX_SECONDS, STATEMENT_TIMEOUT_MS } from '../limits.ts';
import { OBJECT_GRACE_SECONDS, OBJECT_TRYING_MAX_MS } from './limits.ts';

const FINAL_DOT_MS = 600_000;

test('RFC 5321 §4.5.3.2.6: a sender hears of its large message before it gives up', () => {
  assert.ok(OBJECT_TRYING_MAX_MS + HTTP_EXCHANGE_MAX_MS < FINAL_DOT_MS);
});

test('nothing is removed while an upload, its transaction or a reader may still be at it', () => {
  // Many statements of a transaction, each as long as it may take.
  const longestMs = OBJECT_TRYING_MAX_MS + HTTP_EXCHANGE_MAX_MS + 100 * STATEMENT_TIMEOUT_MS;
  assert.ok(PENDING_MAX_SECONDS * 1000 > 10 * longestMs);
  assert.ok(OBJECT_GRACE_SECONDS * 1000 > 10 * longestMs);
});
