import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { NO_WISHES } from '../../services/drop/dsn-wishes.ts';
import { UsageError } from '../cli/command.ts';
import { parseSendmailArguments } from './sendmail-arguments.ts';

const NOTHING = {
  sender: null,
  name: null,
  recipients: [],
  fromHeader: false,
  isDotText: false,
  dsn: NO_WISHES,
  json: false,
  help: false,
};

test('the command lines that programs use', () => {
  const cases: [string, object][] = [
    ['-t', { fromHeader: true }],
    ['-t -i', { fromHeader: true, isDotText: true }],
    ['-ti', { fromHeader: true, isDotText: true }],
    ['-oi -t', { fromHeader: true, isDotText: true }],
    ['-i -f ann@one.test bob@two.test', { isDotText: true, sender: 'ann@one.test', recipients: ['bob@two.test'] }],
    ['-oi -fann@one.test -- -x@two.test', { isDotText: true, sender: 'ann@one.test', recipients: ['-x@two.test'] }],
    ['-r ann@one.test -F Ann bob', { sender: 'ann@one.test', name: 'Ann', recipients: ['bob'] }],
    ['-f <> bob', { sender: '', recipients: ['bob'] }],
    ['-FCronDaemon -i -odi -oem -oi -t', { name: 'CronDaemon', isDotText: true, fromHeader: true }],
    [
      '-bm -B 8BITMIME -N never -R hdrs -V id bob',
      { recipients: ['bob'], dsn: { notify: [], ret: 'HDRS', envid: 'id' } },
    ],
    [
      '-Nsuccess,Delay,success -Rfull bob',
      { recipients: ['bob'], dsn: { notify: ['SUCCESS', 'DELAY'], ret: 'FULL', envid: null } },
    ],
    ['-oem -d -v bob', { recipients: ['bob'] }],
    ['-G -i -U bob', { isDotText: true, recipients: ['bob'] }],
    ['--json bob', { json: true, recipients: ['bob'] }],
    ['-h', { help: true }],
  ];
  for (const [line, expected] of cases) {
    assert.deepEqual(parseSendmailArguments(line.split(' ')), { ...NOTHING, ...expected }, line);
  }
});

test('an empty word after -f is the null sender', () => {
  assert.deepEqual(parseSendmailArguments(['-f', '', 'bob']), { ...NOTHING, sender: '', recipients: ['bob'] });
});

test('what is asked of other programs is refused with their name', () => {
  const cases: [string, RegExp][] = [
    ['-bp', /'-bp' is not done by this command: 'postroad queue list'/u],
    ['-bd -q30m', /'postroad serve' is the server/u],
    ['-bz', /'-bz' is not done by this command$/u],
    ['-q', /queue retry/u],
    ['-x', /no option '-x'/u],
    ['--what', /no option '--what'/u],
    ['-f', /option '-f' needs a value/u],
    ['-N sometimes', /'-N sometimes' is none of never/u],
    ['-N never,delay', /is none of never/u],
    ['-R some', /neither full nor hdrs/u],
    [`-V ${'x'.repeat(34)}`, /up to 33 printable/u],
  ];
  for (const [line, expected] of cases) assert.throws(() => parseSendmailArguments(line.split(' ')), expected, line);
});

test('no words make it throw anything but UsageError', () => {
  const word = fc.oneof(fc.constantFrom('-t', '-f', '-oi', '-ti', '--', '-b', '-q', '-'), fc.string());
  fc.assert(
    fc.property(fc.array(word), (words) => {
      try {
        parseSendmailArguments(words);
      } catch (error) {
        assert.ok(error instanceof UsageError);
      }
    }),
  );
});
