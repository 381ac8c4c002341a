// `postroad alias …` and `postroad group …`: addresses that stand for others.
import type { AliasFacts } from '../../admin/aliases.ts';
import type { AdminCall } from '../../admin/operations.ts';
import { withAdministration } from '../administration.ts';
import { listOption, UsageError, type Command, type CommandContext, type OptionSpec } from '../command.ts';
import { switchOption } from '../switch-option.ts';
import { formatTable } from '../table.ts';

type Kind = AliasFacts['kind'];

const SEND_AS: Readonly<Record<string, OptionSpec>> = {
  'send-as': { type: 'boolean', doc: 'Whom it reaches may send as it (the default of an alias).' },
  'no-send-as': { type: 'boolean', doc: 'Whom it reaches may not send as it (the default of a group).' },
};

const TARGETS_MAX = 10_000;

const addCommand = (kind: Kind): Command => ({
  name: `${kind} add`,
  synopsis: kind === 'group' ? 'ADDRESS MEMBER…' : 'ADDRESS TARGET…',
  summary:
    kind === 'group' ? 'Adds a group and its members' : 'Adds an address that stands for others, here or elsewhere',
  words: { min: 2, max: TARGETS_MAX },
  options: SEND_AS,
  async run(context) {
    const [address = '', ...targets] = context.words;
    const sendAs = switchOption(context, 'send-as', 'no-send-as');
    const alias = await withAdministration(context, (call) => call('alias.add', { address, targets, kind, sendAs }));
    context.show(alias, `${alias.address} → ${alias.targets.join(', ')}`);
  },
});

const listCommand = (kind: Kind): Command => ({
  name: `${kind} list`,
  synopsis: '[DOMAIN]',
  summary: kind === 'group' ? 'Lists the groups' : 'Lists the aliases',
  words: { min: 0, max: 1 },
  async run(context) {
    const aliases = await withAdministration(context, (call) => listAll(call, context, kind));
    const rows = aliases.map(({ address, targets, sendAs, enabled }) => [
      address,
      targets.join(', '),
      `${sendAs ? 'send-as' : '-'}${enabled ? '' : ', disabled'}`,
    ]);
    const empty = `no ${kind === 'group' ? 'groups' : 'aliases'}`;
    context.show(
      aliases,
      formatTable([kind.toUpperCase(), kind === 'group' ? 'MEMBERS' : 'TARGETS', 'MAY'], rows, empty),
    );
  },
});

async function listAll(call: AdminCall, context: CommandContext, kind: Kind): Promise<AliasFacts[]> {
  const [domain] = context.words;
  const all: AliasFacts[] = [];
  const names = domain === undefined ? await localDomains(call) : [domain];
  for (const name of names) {
    let after: string | null = '';
    while (after !== null) {
      const page: { aliases: AliasFacts[]; next: string | null } = await call('alias.list', {
        domain: name,
        kind,
        after,
      });
      all.push(...page.aliases);
      after = page.next;
    }
  }
  return all;
}

async function localDomains(call: AdminCall): Promise<string[]> {
  const names: string[] = [];
  for (let after: string | null = null; ;) {
    const page: Awaited<ReturnType<typeof call<'domain.list'>>> = await call('domain.list', { after });
    names.push(...page.domains.filter(({ kind }) => kind !== 'alias').map(({ name }) => name));
    if (!page.more) return names;
    after = page.domains.at(-1)?.name ?? null;
  }
}

const changeCommand = (kind: Kind): Command => ({
  name: `${kind} change`,
  synopsis: 'ADDRESS',
  summary: kind === 'group' ? 'Changes the members or rights of a group' : 'Changes the targets or rights of an alias',
  words: { min: 1, max: 1 },
  options: {
    add: { type: 'string', value: 'ADDRESS', multiple: true, doc: 'One more; may be repeated.' },
    remove: { type: 'string', value: 'ADDRESS', multiple: true, doc: 'One less; may be repeated.' },
    enable: { type: 'boolean', doc: 'Takes its mail again.' },
    disable: { type: 'boolean', doc: 'Refuses its mail.' },
    ...SEND_AS,
  },
  async run(context) {
    const changes = {
      add: listOption(context, 'add'),
      remove: listOption(context, 'remove'),
      enabled: switchOption(context, 'enable', 'disable'),
      sendAs: switchOption(context, 'send-as', 'no-send-as'),
    };
    if (changes.add.length + changes.remove.length === 0 && changes.enabled === null && changes.sendAs === null) {
      throw new UsageError('nothing to change; say --add, --remove, --enable, --disable, --send-as or --no-send-as');
    }
    const address = context.words[0] ?? '';
    const alias = await withAdministration(context, (call) => call('alias.change', { address, kind, ...changes }));
    context.show(alias, `${alias.address} → ${alias.targets.join(', ')}`);
  },
});

const removeCommand = (kind: Kind): Command => ({
  name: `${kind} remove`,
  synopsis: 'ADDRESS',
  summary: kind === 'group' ? 'Removes a group; its members stay' : 'Removes an alias; its targets stay',
  words: { min: 1, max: 1 },
  async run(context) {
    const address = context.words[0] ?? '';
    const removed = await withAdministration(context, (call) => call('alias.remove', { address, kind }));
    context.show(removed, `${removed.address}: removed`);
  },
});

export const aliasCommands: readonly Command[] = (['alias', 'group'] as const).flatMap((kind) => [
  addCommand(kind),
  listCommand(kind),
  changeCommand(kind),
  removeCommand(kind),
]);
