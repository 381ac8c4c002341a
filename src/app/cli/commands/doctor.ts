// `postroad doctor`: looks at what a mail server stands on, and tells what to mend.
import { domainToAscii } from '../../../formats/address/domain.ts';
import type { Finding } from '../../doctor/finding.ts';
import { EXIT_DONE, EXIT_FAILED, UsageError, type Command, type CommandContext } from '../command.ts';
import { count, plainText } from '../table.ts';

export const doctorCommand: Command = {
  name: 'doctor',
  synopsis: '[DOMAIN]',
  summary: 'Checks server, disk, accounts, queue, ports, certificate and DNS, and tells what to mend',
  doc: "With a domain: only that domain's DNS besides the server's own. It does not look yet at SPF, DKIM, DMARC and block lists, nor from outside whether the ports can be reached.",
  words: { min: 0, max: 1 },
  run: doctor,
};

const SIGNS: Readonly<Record<Finding['state'], string>> = {
  good: 'good   ',
  note: 'note   ',
  broken: 'BROKEN ',
  unknown: 'unknown',
};

async function doctor(context: CommandContext): Promise<number> {
  const [word] = context.words;
  const domain = word === undefined ? null : domainToAscii(word);
  if (word !== undefined && domain === null) throw new UsageError(`'${word}' is no domain name`);
  const findings: Finding[] = [];
  await examineAll(context, domain, (finding) => {
    findings.push(finding);
    if (context.json) return;
    context.print(`${SIGNS[finding.state]}  ${finding.area.padEnd(8)}  ${plainText(finding.text)}`);
    if (finding.mend !== null) context.print(`${' '.repeat(19)}→ ${plainText(finding.mend)}`);
  });
  const broken = findings.filter(({ state }) => state === 'broken').length;
  const text = broken === 0 ? 'nothing is broken' : `${count(broken, 'thing')} to mend`;
  context.show({ broken, findings }, text);
  return broken === 0 ? EXIT_DONE : EXIT_FAILED;
}

async function examineAll(
  context: CommandContext,
  domain: string | null,
  tell: (finding: Finding) => void,
): Promise<void> {
  const config = context.config();
  const { systemClock } = await import('../../../base/clock.ts');
  const { systemRandomInt } = await import('../../../base/random.ts');
  const { systemDnsServers } = await import('../../../base/dns/servers.ts');
  const { StubResolver } = await import('../../../base/dns/stub-resolver.ts');
  const { examine } = await import('../../doctor/examine.ts');
  const { servers } = config.dns;
  const resolver = new StubResolver({
    servers: servers.length > 0 ? () => servers : systemDnsServers(systemClock),
    clock: systemClock,
    randomInt: systemRandomInt,
  });
  try {
    await examine({ config, domain, resolver, clock: systemClock }, tell);
  } finally {
    resolver.close();
  }
}
