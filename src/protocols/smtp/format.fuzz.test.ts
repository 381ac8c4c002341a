import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { formatReply } from './format.ts';
import { REPLY_LINES_MAX } from './limits.ts';

const line = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 700 }),
  fc.constantFrom('ok', '\r\n250 injected', '\ud800', '\u2028', '😀'.repeat(300)),
);

test('RFC 5321 §4.2.1, §4.5.3.1.5 no text can break a reply, make it too long or slip in a control character', () => {
  fc.assert(
    fc.property(fc.array(line, { maxLength: 60 }), fc.boolean(), fc.boolean(), (lines, allowUtf8, withEnhanced) => {
      const wire = formatReply(
        withEnhanced ? { code: 550, enhanced: '5.1.1', lines } : { code: 550, lines },
        allowUtf8,
      );
      assert.ok(wire.endsWith('\r\n'));
      const said = wire.slice(0, -2).split('\r\n');
      assert.equal(said.length, Math.min(REPLY_LINES_MAX, Math.max(1, lines.length)));
      for (const [i, text] of said.entries()) {
        assert.match(text, i < said.length - 1 ? /^550-/ : /^550 /);
        assert.doesNotMatch(text, allowUtf8 ? /[\p{Cc}\p{Surrogate}]/u : /[^ -~]/);
        assert.ok(Buffer.byteLength(text) <= 510);
      }
    }),
  );
});
