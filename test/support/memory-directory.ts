// A DirectoryReader over lists written in the test: addresses as text, accounts numbered in their order from 1.
import type {
  DirectoryAccount,
  DirectoryAddress,
  DirectoryDomain,
  DirectoryReader,
} from '../../src/services/directory/directory-reader.ts';
import { domainKey } from '../../src/formats/address/domain.ts';
import { localKey } from '../../src/formats/address/local-part.ts';
import { parseAddrSpec } from '../../src/formats/address/parse.ts';

type DomainSettings = Partial<Omit<DirectoryDomain, 'id' | 'key'>> & { administrator?: string };

export interface DirectoryData {
  /** Name and settings; kind local, enabled and '+' unless said otherwise. */
  readonly domains?: Readonly<Record<string, DomainSettings>>;
  /** Addresses, each an account of its own. */
  readonly accounts?: readonly string[];
  readonly disabledAccounts?: readonly string[];
  readonly aliases?: Readonly<Record<string, readonly string[]>>;
  readonly groups?: Readonly<Record<string, readonly string[]>>;
  /** Groups whose members may send as them. */
  readonly sendAsGroups?: Readonly<Record<string, readonly string[]>>;
  readonly disabledAliases?: readonly string[];
  readonly grants?: Readonly<Record<string, readonly string[]>>;
}

export class MemoryDirectory implements DirectoryReader {
  readonly #domains = new Map<string, DirectoryDomain>();
  readonly #addresses = new Map<string, DirectoryAddress>();
  readonly #accounts: DirectoryAccount[] = [];
  readonly #administrators = new Map<number, DirectoryAccount>();
  readonly #grants = new Map<number, readonly string[]>();
  /** When set, every read fails with it. */
  failure: Error | null = null;

  constructor(data: DirectoryData) {
    const disabled = data.disabledAccounts ?? [];
    for (const address of [...(data.accounts ?? []), ...disabled]) {
      this.#accounts.push({
        id: this.#accounts.length + 1,
        address,
        enabled: !disabled.includes(address),
        quotaBytes: null,
      });
    }
    for (const [name, settings] of Object.entries(data.domains ?? {})) this.#addDomain(name, settings);
    for (const account of this.#accounts) this.#put(account.address, { kind: 'account', account });
    const lists = [
      ['alias', data.aliases, true],
      ['group', data.groups, false],
      ['group', data.sendAsGroups, true],
    ] as const;
    for (const [kind, entries, sendAs] of lists) {
      for (const [address, targets] of Object.entries(entries ?? {})) {
        this.#put(address, { kind, enabled: data.disabledAliases?.includes(address) !== true, targets, sendAs });
      }
    }
    for (const [address, patterns] of Object.entries(data.grants ?? {})) this.#grants.set(this.idOf(address), patterns);
  }

  #addDomain(name: string, { administrator, ...settings }: DomainSettings): void {
    const key = domainKey(name);
    const defaults = { kind: 'local', enabled: true, target: null, separators: '+', catchAll: null } as const;
    this.#domains.set(key, { ...defaults, ...settings, id: this.#domains.size + 1, key });
    const account = this.#accounts.find(({ address }) => address === administrator);
    if (account !== undefined) this.#administrators.set(this.#domains.size, account);
  }

  #put(text: string, address: DirectoryAddress): void {
    const { localPart, domain } = parseAddrSpec(text)!;
    this.#addresses.set(`${this.#domains.get(domainKey(domain))!.id} ${localKey(localPart)}`, address);
  }

  #check(): void {
    if (this.failure !== null) throw this.failure;
  }

  /** The id of the account with this address. */
  idOf(address: string): number {
    return this.#accounts.find((account) => account.address === address)!.id;
  }

  async findDomain(key: string): Promise<DirectoryDomain | null> {
    this.#check();
    return this.#domains.get(key) ?? null;
  }

  async findFirstDomain(): Promise<DirectoryDomain | null> {
    this.#check();
    return [...this.#domains.values()].find(({ kind }) => kind === 'local') ?? null;
  }

  async findAddress(domainId: number, key: string): Promise<DirectoryAddress | null> {
    this.#check();
    return this.#addresses.get(`${domainId} ${key}`) ?? null;
  }

  async findAdministrator(domainId: number): Promise<DirectoryAccount | null> {
    this.#check();
    return this.#administrators.get(domainId) ?? null;
  }

  async findAccount(accountId: number): Promise<DirectoryAccount | null> {
    this.#check();
    return this.#accounts[accountId - 1] ?? null;
  }

  async listSendGrants(accountId: number): Promise<readonly string[]> {
    this.#check();
    return this.#grants.get(accountId) ?? [];
  }
}
