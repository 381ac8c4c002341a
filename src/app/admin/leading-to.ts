// Which aliases, groups and catch-alls lead straight to an account: what would bounce silently once it is gone.
import { parseAddrSpec } from '../../formats/address/parse.ts';
import { localKey, splitSubaddress } from '../../formats/address/local-part.ts';
import type { AddrSpec } from '../../formats/address/addr-spec.ts';
import type { DirectoryReader } from '../../services/directory/directory-reader.ts';
import { findHomeDomain } from '../../services/directory/locate-address.ts';
import { listAddresses } from '../../storage/records/addresses.ts';
import { listDomains, type DomainRecord } from '../../storage/records/domains.ts';
import type { SqlReader } from '../../storage/sql/sql.ts';
import { readDirectory } from '../../storage/stored-directory.ts';
import { PAGE_RECORDS_MAX } from './limits.ts';

/** The addresses of the lists, a catch-all as `*@domain`; in the order of their names. */
export async function findLeadingTo(read: SqlReader, accountId: number): Promise<string[]> {
  const reader = readDirectory(read);
  const leads = (text: string): Promise<boolean> => leadsTo(text, accountId, reader);
  const found: string[] = [];
  for (let after = ''; ;) {
    const domains = await listDomains(read, after, PAGE_RECORDS_MAX);
    for (const domain of domains) {
      if (domain.catchAll !== null && (await leads(domain.catchAll))) found.push(`*@${domain.name}`);
      found.push(...(await listsOf(read, domain, leads)));
    }
    const last = domains.at(-1);
    if (last === undefined || domains.length < PAGE_RECORDS_MAX) return found;
    after = last.name;
  }
}

async function listsOf(
  read: SqlReader,
  { id }: DomainRecord,
  leads: (text: string) => Promise<boolean>,
): Promise<string[]> {
  const found: string[] = [];
  for (let after = ''; ;) {
    const records = await listAddresses(read, id, after, PAGE_RECORDS_MAX);
    for (const { address, targets } of records) {
      for (const target of targets) {
        if (!(await leads(target))) continue;
        found.push(address);
        break;
      }
    }
    const last = records.at(-1);
    if (last === undefined || records.length < PAGE_RECORDS_MAX) return found;
    after = last.localKey;
  }
}

/** Through alias domains, and with a tag behind the name; whether or not the account is enabled. */
async function leadsTo(text: string, accountId: number, reader: DirectoryReader): Promise<boolean> {
  const address = parseAddrSpec(text);
  const home = address === null ? null : await findHomeDomain(address, { reader, ...NO_OTHERS });
  if (address === null || home === null) return false;
  const { localPart }: AddrSpec = address;
  const exact = await reader.findAddress(home.id, localKey(localPart));
  const { user, detail } = splitSubaddress(localPart, home.separators);
  const found = exact ?? (detail === null ? null : await reader.findAddress(home.id, localKey(user)));
  return found?.kind === 'account' && found.account.id === accountId;
}

const NO_OTHERS = { isOwnHost: () => false, isRelayDomain: () => false } as const;
