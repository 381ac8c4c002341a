import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SyntaxFault } from '../errors/syntax-fault.ts';
import { formatQueueId, parseQueueId } from './queue-id.ts';

test('a queue id survives being written and read, in either case', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (id) => {
      assert.equal(parseQueueId(formatQueueId(id)), id);
      assert.equal(parseQueueId(formatQueueId(id).toLowerCase()), id);
    }),
  );
});

test('queue ids sort as their numbers do', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), fc.maxSafeNat(), (a, b) => {
      assert.equal(formatQueueId(a) < formatQueueId(b), a < b);
    }),
  );
});

test('anything else is a SyntaxFault', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 20 }), (text) => {
      try {
        assert.equal(formatQueueId(parseQueueId(text)), text.toUpperCase());
      } catch (fault) {
        assert.ok(fault instanceof SyntaxFault);
      }
    }),
  );
  assert.throws(() => parseQueueId('ZZZZZZZZZZZ'), SyntaxFault);
});
