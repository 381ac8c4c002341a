import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { runInMemory } from '../../../test/support/memory-host.ts';
import { CLI_PAGE, cliPage } from './cli-page.ts';
import { CommandError, flagOption, listOption, textOption, type Command, type CommandContext } from './command.ts';
import { COMMANDS } from './commands.ts';

let seen: CommandContext | null = null;
const commands: readonly Command[] = [
  ...COMMANDS,
  {
    name: 'post add',
    synopsis: 'ADDRESS TARGET…',
    summary: 'Adds',
    options: {
      to: { type: 'string', value: 'WHO', multiple: true, doc: 'Who.' },
      by: { type: 'string', doc: 'By whom.' },
      now: { type: 'boolean', short: 'n', doc: 'At once.' },
    },
    words: { min: 1, max: 2 },
    run(context) {
      seen = context;
    },
  },
  {
    name: 'post',
    synopsis: '[ARGUMENTS]',
    summary: 'Takes all',
    unparsed: true,
    run: (context) => void (seen = context),
  },
  {
    name: 'fail',
    synopsis: '',
    summary: 'Fails',
    run() {
      throw new CommandError('the disk is full\n  make room', { exitCode: 75 });
    },
  },
  {
    name: 'break',
    synopsis: '',
    summary: 'Breaks',
    run: () => Promise.reject(new TypeError('x is not a function')),
  },
  { name: 'road show', synopsis: '', summary: 'Shows', run: () => 1 },
];
const run = (args: string[], env: Record<string, string> = {}) => runInMemory(args, { commands, env });

test('gives a command its words and options', async () => {
  const done = await run(['-c', 'a.toml', 'post', 'add', 'a@one.test', '--to', 'b', '--to', 'c', '-n', '--json']);
  assert.deepEqual(done, { code: 0, out: '', err: '' });
  assert.ok(seen);
  assert.deepEqual(seen.words, ['a@one.test']);
  assert.deepEqual(listOption(seen, 'to'), ['b', 'c']);
  assert.equal(textOption(seen, 'by'), null);
  assert.equal(flagOption(seen, 'now'), true);
  assert.equal(seen.json, true);
  assert.equal(seen.configPath, 'a.toml');
});

test('hands unparsed arguments through', async () => {
  await run(['post', '-oi', '-f', 'a@one.test', '-t'], { POSTROAD_CONFIG: 'b.toml' });
  assert.deepEqual(seen?.words, ['-oi', '-f', 'a@one.test', '-t']);
  assert.equal(seen.configPath, 'b.toml');
});

test('help as JSON is the list of commands', async () => {
  const done = await run(['help', 'version', '--json']);
  const [version] = JSON.parse(done.out) as { name: string }[];
  assert.equal(version?.name, 'version');
});

test('wrong usage is one line with the mend and exit code 2', async () => {
  const cases: [string[], RegExp][] = [
    [['vresion'], /no command 'vresion'; did you mean 'version'\?/u],
    [['xyzzy'], /'postroad help' lists/u],
    [['road'], /needs one more word; say one of: show/u],
    [['road', 'shwo'], /does not know 'shwo'; say one of: show/u],
    [['version', '--jsn'], /no option '--jsn'; did you mean '--json'\?/u],
    [['version', '-x'], /no option '-x'; '--help' lists/u],
    [['post', 'add', 'a', '--by'], /option '--by' needs a value: --by VALUE/u],
    [['post', 'add', 'a', '--now=1'], /option '--now' takes no value/u],
    [['post', 'add'], /too few words; usage: postroad post add ADDRESS TARGET…/u],
    [['version', 'please'], /too many words \('please'\)/u],
    [['help', 'nothing'], /no command 'nothing'/u],
  ];
  for (const [args, expected] of cases) {
    const done = await run(args);
    assert.equal(done.code, 2, args.join(' '));
    assert.match(done.err, expected);
    assert.equal(done.err.split('\n').length, 2);
    assert.equal(done.out, '');
  }
});

test('failures are one line and their exit code', async () => {
  assert.deepEqual(await run(['fail']), { code: 75, out: '', err: 'postroad: the disk is full; make room\n' });
  assert.deepEqual(await run(['break']), { code: 1, out: '', err: 'postroad: x is not a function\n' });
  assert.match((await run(['break'], { POSTROAD_DEBUG: '1' })).err, /at .*run-command-line\.test/u);
  assert.equal((await run(['road', 'show'])).code, 1);
});

test('help is everywhere', async () => {
  for (const args of [[], ['--help'], ['help']]) {
    const done = await run(args);
    assert.equal(done.code, 0);
    assert.match(done.out, /^Postroad, a complete mail server\./u);
  }
  assert.match((await run(['road', '--help'])).out, /road show/u);
  assert.match((await run(['help', 'road'])).out, /road show/u);
  for (const args of [
    ['post', 'add', '--help'],
    ['help', 'post', 'add'],
  ]) {
    assert.match((await run(args)).out, /Usage: postroad post add ADDRESS TARGET…\n[\s\S]*--to WHO/u);
  }
});

test('version tells in text and in JSON', async () => {
  assert.match((await runInMemory(['version'])).out, /^postroad \d+\.\d+\.\d+ \(node /u);
  assert.equal(JSON.parse((await runInMemory(['version', '--json'])).out).node, process.versions.node);
});

test('no command line makes it throw or say nothing', async () => {
  const words = ['post', 'add', '--to', '-n', '--', '--config', '--json', '-x', '', '=', '--to='];
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(fc.constantFrom(...words), fc.string())), async (args) => {
      const done = await run(args.filter((word) => word !== 'fail' && word !== 'break'));
      assert.ok([0, 1, 2].includes(done.code));
      assert.equal(done.code === 2, done.err !== '');
    }),
  );
});

test('every command of the table is declared well, and the page follows the table', () => {
  const names = COMMANDS.map((command) => command.name);
  assert.equal(new Set(names).size, names.length);
  for (const { name, summary } of COMMANDS) {
    assert.match(name, /^[a-z]+(?: [a-z]+)?$/u);
    assert.match(summary, /^[A-Z].*[^.]$/u, name);
  }
  assert.equal(readFileSync(CLI_PAGE, 'utf8'), cliPage(COMMANDS), 'run `npm run gen`');
});
