// What DNS says of this host and of its domains, as other mail servers see it: RFC 5321 §5.1 (MX), RFC 2181 §10.3 (an MX
// is no alias), RFC 7505 (null MX), and the custom that an address has a name which has that address.
import type { DnsResult, Resolver } from '../../base/dns/resolver.ts';
import { reverseName } from '../../base/dns/reverse-name.ts';
import { formatIp, ipScope, parseIp } from '../../base/net/ip.ts';
import { findingsOf, type Finding } from './finding.ts';

const { good, note, broken, unknown } = findingsOf('dns');

/** The host's own name: does it have addresses, and do they have its name? */
export async function checkHostDns(hostname: string, resolver: Resolver): Promise<Finding[]> {
  const [a, aaaa] = await Promise.all([resolver.query(hostname, 'A'), resolver.query(hostname, 'AAAA')]);
  const addresses = [a, aaaa].flatMap((result) => (result.kind === 'answer' ? result.records : [])).map(canonical);
  if (addresses.length === 0) {
    if (a.kind === 'temporary' || aaaa.kind === 'temporary') return [silent(hostname)];
    return [
      broken(
        `${hostname} has no address`,
        `add to DNS: ${hostname}. A <this server's address>; or set hostname in the configuration`,
      ),
    ];
  }
  const reverse = await Promise.all(addresses.map((address) => checkReverse(hostname, address, resolver)));
  return [good(`${hostname} is ${addresses.join(', ')}`), ...reverse];
}

async function checkReverse(hostname: string, address: string, resolver: Resolver): Promise<Finding> {
  const scope = ipScope(address);
  if (scope !== 'global') {
    return note(
      `${address} is ${scope ?? 'no'} address space: other servers cannot reach it`,
      'name the public address in DNS',
    );
  }
  const result = await resolver.query(reverseName(address) ?? '', 'PTR');
  if (result.kind === 'temporary') return silent(reverseName(address) ?? address);
  const names = result.kind === 'answer' ? result.records.map((name) => name.toLowerCase()) : [];
  if (names.includes(hostname)) return good(`${address} has the name ${hostname}`);
  const is = names.length === 0 ? 'no name' : `the name ${names.join(', ')}`;
  return broken(
    `${address} has ${is}: many servers refuse its mail`,
    `have the provider of ${address} set its reverse name (PTR) to ${hostname}`,
  );
}

/** A domain's way in: does its MX lead here? */
export async function checkDomainDns(domain: string, hostname: string, resolver: Resolver): Promise<Finding[]> {
  const mx = await resolver.query(domain, 'MX');
  const mend = `add to DNS: ${domain}. MX 10 ${hostname}.`;
  if (mx.kind === 'temporary') return [silent(domain)];
  if (mx.kind === 'nxdomain') return [broken(`${domain} is not in DNS`, mend)];
  if (mx.kind === 'no-data') return [broken(`${domain} has no MX`, mend)];
  const hosts = mx.records
    .toSorted((x, y) => x.preference - y.preference)
    .map(({ exchange }) => exchange.toLowerCase());
  if (hosts.includes('.') || hosts.includes(''))
    return [broken(`${domain} says that it takes no mail (null MX)`, mend)];
  if (!hosts.includes(hostname))
    return [broken(`mail for ${domain} goes to ${hosts.join(', ')}, not to ${hostname}`, mend)];
  const findings = [good(`mail for ${domain} comes to ${hosts.join(', ')}`)];
  for (const host of hosts) findings.push(...(await checkExchange(domain, host, resolver)));
  return findings;
}

async function checkExchange(domain: string, host: string, resolver: Resolver): Promise<Finding[]> {
  const results: DnsResult<'A' | 'AAAA'>[] = await Promise.all([
    resolver.query(host, 'A'),
    resolver.query(host, 'AAAA'),
  ]);
  const answers = results.filter((result) => result.kind === 'answer');
  if (answers.length === 0) {
    if (results.some(({ kind }) => kind === 'temporary')) return [silent(host)];
    return [
      broken(`the MX ${host} of ${domain} has no address`, `give ${host} an address, or take it out of the MX records`),
    ];
  }
  const isAlias = answers.some(({ canonicalName }) => canonicalName !== host);
  return isAlias
    ? [broken(`the MX ${host} of ${domain} is an alias (CNAME)`, `give ${host} an address of its own`)]
    : [];
}

function canonical(address: string): string {
  const bytes = parseIp(address);
  return bytes === null ? address : formatIp(bytes);
}

function silent(name: string): Finding {
  return unknown(
    `DNS does not answer for ${name} now`,
    'try again; if it stays so, look at [dns] servers in the configuration',
  );
}
