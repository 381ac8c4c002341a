import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { parseParameterized } from './content-type.ts';
import { PARAMETERS_MAX } from './limits.ts';

test('parameters are limited, and nothing makes parseParameterized throw', () => {
  const many = Array.from({ length: PARAMETERS_MAX + 5 }, (_, i) => `;p${i}=1`).join('');
  assert.equal(parseParameterized(`a/b${many}`).parameters.size, PARAMETERS_MAX);
  const pieces = fc.array(fc.constantFrom(';', '=', '"', '\\', '(', ')', '*', '0', 'a', ' ', "'", '%', '/', '\r\n '));
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        pieces.map((list) => list.join('')),
      ),
      (text) => {
        assert.ok(parseParameterized(text).parameters.size <= PARAMETERS_MAX);
      },
    ),
    { numRuns: 2000 },
  );
  for (const unit of [';', 'a=', '"', '(', '\\', ';a', ';a=(', '*', ' ', '; a= '])
    parseParameterized(unit.repeat(500_000));
});
