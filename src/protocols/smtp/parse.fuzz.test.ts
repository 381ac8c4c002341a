import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { MailError } from '../../base/errors/mail-error.ts';
import { SyntaxFault } from '../../base/errors/syntax-fault.ts';
import { formatPath } from '../../formats/address/parse.ts';
import type { MailParameters, Notify, RcptParameters } from './envelope.ts';
import { SMTP_EXTENSIONS } from './extensions.ts';
import { parseBdatArgument, parseMailArgument, parseRcptArgument, type ParameterRules } from './parse.ts';
import { decodeUtf8Address, decodeXtext, encodeUtf8Address, encodeXtext } from './xtext.ts';

const NOW_MS = Date.UTC(2026, 0, 1);
const RULES: ParameterRules = {
  extensions: new Set(SMTP_EXTENSIONS),
  nowMs: NOW_MS,
  futureReleaseMaxSeconds: 86_400,
};

/** Runs `parse`; anything but the two faults that the command loop knows fails the test. */
function attempt(parse: () => unknown): void {
  try {
    parse();
  } catch (error) {
    const known = error instanceof MailError && ['parameter-unsupported', 'utf8-impossible'].includes(error.code);
    if (!(error instanceof SyntaxFault) && !known) throw error;
  }
}

const word = fc.oneof(
  fc.constantFrom('<a@b.test>', '<>', 'SIZE=', 'RET=', 'ENVID=', 'AUTH=', 'BY=', 'HOLDFOR=', 'HOLDUNTIL=', 'BODY='),
  fc.constantFrom(
    'NOTIFY=',
    'ORCPT=',
    'utf-8;',
    'MT-PRIORITY=',
    'SMTPUTF8',
    ' ',
    '+',
    '\\x{',
    '}',
    '=',
    ';',
    '12',
    'R',
  ),
  fc.string({ unit: 'binary', maxLength: 6 }),
  fc.string({ maxLength: 6 }),
);
const argument = fc.array(word, { maxLength: 10 }).map((words) => words.join(''));

test('any argument of MAIL, RCPT and BDAT is read or refused', () => {
  fc.assert(
    fc.property(argument, fc.boolean(), (text, smtputf8) => {
      attempt(() => parseMailArgument(text, RULES));
      attempt(() => parseMailArgument(`<a@b.test> ${text}`, RULES));
      attempt(() => parseRcptArgument(text, RULES, smtputf8));
      attempt(() => parseRcptArgument(`<a@b.test> ${text}`, RULES, smtputf8));
      attempt(() => parseBdatArgument(text));
      attempt(() => decodeXtext(text));
      attempt(() => decodeUtf8Address(text));
    }),
    { numRuns: 3_000 },
  );
});

const printable = fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((c) => String.fromCharCode(c)) });
const readable = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 });

test('RFC 3461 §4 decodeXtext(encodeXtext(x)) = x', () => {
  fc.assert(
    fc.property(printable, (text) => {
      assert.match(encodeXtext(text), /^[!-*,-<>-~+]*$/);
      assert.equal(decodeXtext(encodeXtext(text)), text);
    }),
  );
});

test('RFC 6533 §3 decodeUtf8Address(encodeUtf8Address(x)) = x', () => {
  fc.assert(
    fc.property(readable, (text) => {
      fc.pre(!/[\p{Cc}\p{Surrogate}]/u.test(text));
      assert.match(encodeUtf8Address(text), /^[!-*,-<>-~]+$/);
      assert.equal(decodeUtf8Address(encodeUtf8Address(text)), text);
    }),
  );
});

/** The parameters as a client writes them. */
function formatMailParameters(parameters: MailParameters): string {
  const { size, body, smtputf8, ret, envid, requiretls, holdUntilMs, deliverBy, mtPriority, auth } = parameters;
  let text = '';
  if (size !== undefined) text += ` SIZE=${size}`;
  if (body !== undefined) text += ` BODY=${body}`;
  if (smtputf8 === true) text += ' SMTPUTF8';
  if (ret !== undefined) text += ` RET=${ret}`;
  if (envid !== undefined) text += ` ENVID=${encodeXtext(envid)}`;
  if (requiretls === true) text += ' REQUIRETLS';
  if (holdUntilMs !== undefined) text += ` HOLDUNTIL=${new Date(holdUntilMs).toISOString()}`;
  if (deliverBy !== undefined) text += ` BY=${deliverBy.seconds};${deliverBy.mode}${deliverBy.trace ? 'T' : ''}`;
  if (mtPriority !== undefined) text += ` MT-PRIORITY=${mtPriority}`;
  if (auth !== undefined) text += ` AUTH=${encodeXtext(auth)}`;
  return text;
}

const mailParameters = fc.record(
  {
    size: fc.nat(),
    body: fc.constantFrom('7BIT' as const, '8BITMIME' as const, 'BINARYMIME' as const),
    smtputf8: fc.constant(true),
    ret: fc.constantFrom('FULL' as const, 'HDRS' as const),
    envid: printable.filter((text) => text !== '' && encodeXtext(text).length <= 100),
    requiretls: fc.constant(true),
    holdUntilMs: fc.integer({ min: NOW_MS, max: NOW_MS + 86_400_000 }),
    deliverBy: fc.record(
      {
        seconds: fc.integer({ min: 1, max: 999_999_999 }),
        mode: fc.constantFrom('R' as const, 'N' as const),
        trace: fc.boolean(),
      },
      { noNullPrototype: true },
    ),
    mtPriority: fc.integer({ min: -9, max: 9 }),
    auth: fc.constantFrom('<>', 'ann@one.test', '"a b"@one.test'),
  },
  { requiredKeys: [], noNullPrototype: true },
);
const path = fc.constantFrom(
  null,
  { localPart: 'a b"\\', domain: 'one.test' },
  { localPart: 'bob', domain: '[192.0.2.1]' },
);

test('RFC 5321 §4.1.1.2 a MAIL that was written is read as it was meant', () => {
  fc.assert(
    fc.property(path, mailParameters, (reversePath, parameters) => {
      const parsed = parseMailArgument(`${formatPath(reversePath)}${formatMailParameters(parameters)}`, RULES);
      assert.deepEqual(parsed, { reversePath, parameters });
    }),
  );
});

function formatRcptParameters({ notify, orcpt }: RcptParameters): string {
  let text = '';
  if (notify !== undefined) text += ` NOTIFY=${notify.length === 0 ? 'NEVER' : notify.join(',')}`;
  if (orcpt === undefined) return text;
  const address = orcpt.type === 'utf-8' ? encodeUtf8Address(orcpt.address) : encodeXtext(orcpt.address);
  return `${text} ORCPT=${orcpt.type};${address}`;
}

const rcptParameters: fc.Arbitrary<RcptParameters> = fc.record(
  {
    notify: fc.subarray<Notify>(['SUCCESS', 'FAILURE', 'DELAY']),
    orcpt: fc.constantFrom(
      { type: 'rfc822', address: 'ann+x=y@one.test' },
      { type: 'utf-8', address: 'jörg+a\\b@bücher.test' },
      { type: 'x400', address: 'c=de; a=x' },
    ),
  },
  { requiredKeys: [], noNullPrototype: true },
);

test('RFC 5321 §4.1.1.3 a RCPT that was written is read as it was meant', () => {
  fc.assert(
    fc.property(path, rcptParameters, fc.boolean(), (forwardPath, parameters, smtputf8) => {
      fc.pre(forwardPath !== null);
      const parsed = parseRcptArgument(
        `${formatPath(forwardPath)}${formatRcptParameters(parameters)}`,
        RULES,
        smtputf8,
      );
      assert.deepEqual(parsed, { forwardPath, parameters });
    }),
  );
});
