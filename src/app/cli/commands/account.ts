// `postroad account …`: who may sign in and receive mail.
import type { AccountFacts } from '../../admin/accounts.ts';
import { withAdministration } from '../administration.ts';
import { parseSize } from '../../config/units.ts';
import { UsageError, flagOption, textOption, type Command, type CommandContext } from '../command.ts';
import { PASSWORD_OPTIONS, readPassword } from '../read-password.ts';
import { switchOption } from '../switch-option.ts';
import { aboutSize, count, formatTable } from '../table.ts';

const addressOf = (context: CommandContext): string => context.words[0] ?? '';

/** The value of --quota in octets; null: not given; 'none': no limit. */
function quotaOption(context: CommandContext): number | 'none' | null {
  const text = textOption(context, 'quota');
  if (text === null || text === 'none') return text;
  const bytes = parseSize(text);
  if (bytes === null) throw new UsageError(`'${text}' is no size; write it like 5GB, or none`);
  return bytes;
}

const QUOTA_DOC = 'How much its mail may take, such as 5GB; none for no limit.';

const addCommand: Command = {
  name: 'account add',
  synopsis: 'ADDRESS',
  summary: 'Adds an account',
  doc: 'Asks for the password on a terminal. Without a password nobody can sign in, but mail is taken. The first account of the server becomes its administrator.',
  words: { min: 1, max: 1 },
  options: {
    ...PASSWORD_OPTIONS,
    name: { type: 'string', value: 'NAME', doc: 'What people call its owner.' },
    quota: { type: 'string', value: 'SIZE', doc: QUOTA_DOC },
    administrator: { type: 'boolean', doc: 'May administer the server.' },
  },
  async run(context) {
    const quota = quotaOption(context);
    const password = await readPassword(context);
    const account = await withAdministration(context, (call) =>
      call('account.add', {
        address: addressOf(context),
        password,
        name: textOption(context, 'name'),
        administrator: flagOption(context, 'administrator'),
        quotaBytes: quota === 'none' ? null : quota,
      }),
    );
    const notes = [
      account.role === 'administrator' ? ', administrator' : '',
      account.hasPassword ? '' : `, without a password; set one: postroad account password ${account.address}`,
    ];
    context.show(account, `${account.address}: added${notes.join('')}`);
  },
};

const listCommand: Command = {
  name: 'account list',
  synopsis: '[DOMAIN]',
  summary: 'Lists the accounts and what they use',
  words: { min: 0, max: 1 },
  async run(context) {
    const domain = context.words[0] ?? null;
    const accounts = await withAdministration(context, async (call) => {
      const all: AccountFacts[] = [];
      let after: number | null = 0;
      while (after !== null) {
        const page: { accounts: AccountFacts[]; next: number | null } = await call('account.list', { after, domain });
        all.push(...page.accounts);
        after = page.next;
      }
      return all;
    });
    const rows = accounts.map((account) => [
      account.address,
      account.name === '' ? '-' : account.name,
      stateText(account),
      account.messages,
      `${aboutSize(account.usedBytes)} of ${account.quotaBytes === null ? 'any' : aboutSize(account.quotaBytes)}`,
    ]);
    const empty = 'no accounts yet; add one: postroad account add ADDRESS';
    context.show(accounts, formatTable(['ADDRESS', 'NAME', 'STATE', 'MESSAGES', 'USES'], rows, empty));
  },
};

function stateText({ role, enabled, hasPassword }: AccountFacts): string {
  const words = [role, enabled ? '' : 'disabled', hasPassword ? '' : 'no password'];
  return words.filter((word) => word !== '').join(', ');
}

const showCommand: Command = {
  name: 'account show',
  synopsis: 'ADDRESS',
  summary: 'Shows one account',
  words: { min: 1, max: 1 },
  async run(context) {
    const account = await withAdministration(context, (call) => call('account.show', { address: addressOf(context) }));
    const rows = [
      ['address', account.address],
      ['name', account.name === '' ? '-' : account.name],
      ['state', stateText(account)],
      ['messages', String(account.messages)],
      ['uses', aboutSize(account.usedBytes)],
      ['quota', account.quotaBytes === null ? 'none' : aboutSize(account.quotaBytes)],
      ['may send as', account.grants.length === 0 ? 'its own addresses' : account.grants.join(', ')],
    ];
    context.show(account, formatTable(['WHAT', 'IS'], rows, ''));
  },
};

const changeCommand: Command = {
  name: 'account change',
  synopsis: 'ADDRESS',
  summary: 'Changes name, quota, rights or state of an account',
  words: { min: 1, max: 1 },
  options: {
    name: { type: 'string', value: 'NAME', doc: 'What people call its owner.' },
    quota: { type: 'string', value: 'SIZE', doc: QUOTA_DOC },
    administrator: { type: 'boolean', doc: 'May administer the server.' },
    user: { type: 'boolean', doc: 'May no longer administer the server.' },
    enable: { type: 'boolean', doc: 'May sign in and receive mail again.' },
    disable: { type: 'boolean', doc: 'May not sign in; its mail is refused. Its messages stay.' },
  },
  async run(context) {
    const quota = quotaOption(context);
    const account = await withAdministration(context, (call) =>
      call('account.change', {
        address: addressOf(context),
        name: textOption(context, 'name'),
        administrator: switchOption(context, 'administrator', 'user'),
        enabled: switchOption(context, 'enable', 'disable'),
        ...(quota === 'none' ? { unlimited: true } : { quotaBytes: quota }),
      }),
    );
    context.show(account, `${account.address}: changed`);
  },
};

const passwordCommand: Command = {
  name: 'account password',
  synopsis: 'ADDRESS',
  summary: 'Sets the password of an account',
  doc: 'Asks for it on a terminal.',
  words: { min: 1, max: 1 },
  options: PASSWORD_OPTIONS,
  async run(context) {
    const password = await readPassword(context);
    if (password === null) throw new UsageError('there is no password; say --password-stdin');
    const account = await withAdministration(context, (call) =>
      call('account.password', { address: addressOf(context), password }),
    );
    context.show(account, `${account.address}: the password is set`);
  },
};

const removeCommand: Command = {
  name: 'account remove',
  synopsis: 'ADDRESS',
  summary: 'Removes an account with all its messages',
  doc: 'The last administrator stays, unless forced; and so does an account to which an alias, a group or a catch-all leads, until it is taken out of them. To keep the messages, disable the account instead.',
  words: { min: 1, max: 1 },
  options: { force: { type: 'boolean', doc: 'Remove the last administrator too.' } },
  async run(context) {
    const account = await withAdministration(context, (call) =>
      call('account.remove', { address: addressOf(context), force: flagOption(context, 'force') }),
    );
    context.show(account, `${account.address}: removed, with ${count(account.messages, 'message')}`);
  },
};

export const accountCommands: readonly Command[] = [
  addCommand,
  listCommand,
  showCommand,
  changeCommand,
  passwordCommand,
  removeCommand,
];
