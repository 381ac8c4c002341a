// `postroad domain add|list|change|remove`: the domains whose mail this server takes.
import { withAdministration } from '../administration.ts';
import type { DomainFacts } from '../../admin/domains.ts';
import { UsageError, flagOption, textOption, type Command } from '../command.ts';
import { switchOption } from '../switch-option.ts';
import { formatTable } from '../table.ts';

const addCommand: Command = {
  name: 'domain add',
  synopsis: 'NAME',
  summary: 'Takes mail for a domain',
  doc: 'Its first account becomes its administrator, whom postmaster, abuse and MAILER-DAEMON reach.',
  words: { min: 1, max: 1 },
  options: {
    'alias-of': { type: 'string', value: 'DOMAIN', doc: 'Every address is that of DOMAIN.' },
    relay: { type: 'boolean', doc: 'Takes mail for it and passes it on by its route or MX.' },
    'catch-all': { type: 'string', value: 'ADDRESS', doc: 'Who gets mail for unknown addresses; else it is refused.' },
    separators: {
      type: 'string',
      value: 'CHARACTERS',
      doc: "What ends the name in user+tag; default '+', '' for none.",
    },
  },
  async run(context) {
    const target = textOption(context, 'alias-of');
    const relay = flagOption(context, 'relay');
    if (relay && target !== null) throw new UsageError('say --alias-of or --relay, not both');
    const domain = await withAdministration(context, (call) =>
      call('domain.add', {
        name: context.words[0] ?? '',
        kind: relay ? 'relay' : target === null ? 'local' : 'alias',
        target,
        catchAll: textOption(context, 'catch-all'),
        separators: textOption(context, 'separators'),
      }),
    );
    context.show(domain, `${domain.name}: added`);
  },
};

const listCommand: Command = {
  name: 'domain list',
  synopsis: '',
  summary: 'Lists the domains',
  async run(context) {
    const domains = await withAdministration(context, async (call) => {
      const all: DomainFacts[] = [];
      for (;;) {
        const page = await call('domain.list', { after: all.at(-1)?.name ?? null });
        all.push(...page.domains);
        if (!page.more) return all;
      }
    });
    const rows = domains.map((domain) => [
      domain.written,
      kindText(domain),
      domain.administrator ?? '-',
      domain.catchAll ?? '-',
    ]);
    const empty = 'no domains yet; add one: postroad domain add NAME';
    context.show(domains, formatTable(['DOMAIN', 'KIND', 'ADMINISTRATOR', 'CATCH-ALL'], rows, empty));
  },
};

function kindText({ kind, target, enabled }: DomainFacts): string {
  const text = target === null ? kind : `alias of ${target}`;
  return enabled ? text : `${text}, disabled`;
}

const changeCommand: Command = {
  name: 'domain change',
  synopsis: 'NAME',
  summary: 'Changes what is said of a domain',
  words: { min: 1, max: 1 },
  options: {
    'catch-all': { type: 'string', value: 'ADDRESS', doc: "Who gets mail for unknown addresses; '' for nobody." },
    separators: { type: 'string', value: 'CHARACTERS', doc: "What ends the name in user+tag; '' for none." },
    administrator: { type: 'string', value: 'ADDRESS', doc: 'The account that postmaster and abuse reach.' },
    enable: { type: 'boolean', doc: 'Takes its mail again.' },
    disable: { type: 'boolean', doc: 'Refuses its mail.' },
  },
  async run(context) {
    const domain = await withAdministration(context, (call) =>
      call('domain.change', {
        name: context.words[0] ?? '',
        catchAll: textOption(context, 'catch-all'),
        separators: textOption(context, 'separators'),
        administrator: textOption(context, 'administrator'),
        enabled: switchOption(context, 'enable', 'disable'),
      }),
    );
    context.show(domain, `${domain.name}: changed`);
  },
};

const removeCommand: Command = {
  name: 'domain remove',
  synopsis: 'NAME',
  summary: 'Takes no more mail for a domain that has no addresses left',
  words: { min: 1, max: 1 },
  async run(context) {
    const domain = await withAdministration(context, (call) => call('domain.remove', { name: context.words[0] ?? '' }));
    context.show(domain, `${domain.name}: removed`);
  },
};

export const domainCommands: readonly Command[] = [addCommand, listCommand, changeCommand, removeCommand];
