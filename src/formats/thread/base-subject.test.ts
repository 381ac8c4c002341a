import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { baseSubject } from './base-subject.ts';
import { SUBJECT_MAX_CHARACTERS } from './limits.ts';

const SUBJECTS: [string, string, boolean][] = [
  ['test', 'test', false],
  ['Re: test', 'test', true],
  ['RE : re:\tFwd: test', 'test', true],
  ['fw: test', 'test', true],
  ['Re[2]: test', 'test', true],
  ['[list] test', 'test', false],
  ['[list] Re: [other] test', 'test', true],
  ['[a] [b] Re: test', 'test', true],
  ['[only]', '[only]', false],
  ['Re: [only]', '[only]', true],
  ['test (fwd)', 'test', true],
  ['test (fwd) (FWD)  ', 'test', true],
  ['[Fwd: Re: test]', 'test', true],
  ['[fwd: [fwd: test] ]', 'test', true],
  ['Re: [list] [Fwd: a  b] (fwd)', 'a b', true],
  ['Re:', '', true],
  ['', '', false],
  ['retest', 'retest', false],
  ['Re test', 'Re test', false],
  ['[a[b]] test', '[a[b]] test', false],
];

for (const [subject, text, isReplyOrForward] of SUBJECTS) {
  test(`RFC 5256 §2.1 the base of ${JSON.stringify(subject)}`, () => {
    assert.deepEqual(baseSubject(subject), { text, isReplyOrForward });
  });
}

test('RFC 5256 §2.1 a base subject is its own base; long ones are cut', () => {
  const pieces = fc.array(fc.constantFrom('re:', 'fwd', '(fwd)', '[', ']', ' ', '[fwd:', 'a', ':', '[x]', '\t'), {
    maxLength: 30,
  });
  fc.assert(
    fc.property(pieces, (list) => {
      const { text } = baseSubject(list.join(''));
      assert.deepEqual(baseSubject(text), { text, isReplyOrForward: false });
    }),
  );
  assert.equal(baseSubject('x'.repeat(SUBJECT_MAX_CHARACTERS + 9)).text.length, SUBJECT_MAX_CHARACTERS);
  for (const unit of ['[]', '(fwd)', '[a] ', 're:', '[fwd:', ' a']) baseSubject(`${unit.repeat(100_000)}x`);
});
