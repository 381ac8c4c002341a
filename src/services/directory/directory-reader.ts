// What recipient resolution reads: domains, addresses, accounts. The SQL is in src/storage/records/; tests use a map.
// Keys are those of src/formats/address: `domainKey` and `localKey`. Every function rejects when the database cannot be
// read; "there is none" is null or an empty list, never an error.

/** An account as delivery and sign-in of senders need it. */
export interface DirectoryAccount {
  readonly id: number;
  /** Its primary address, addr-spec text. */
  readonly address: string;
  /** False: mail is refused (5.2.1) and nothing may be sent as it. */
  readonly enabled: boolean;
  /** null: no limit. */
  readonly quotaBytes: number | null;
}

export interface DirectoryDomain {
  readonly id: number;
  /** `domainKey` of the name. */
  readonly key: string;
  /** local: mailboxes are here. alias: every address is that of `target`. relay: accepted from anybody and forwarded. */
  readonly kind: 'local' | 'alias' | 'relay';
  readonly enabled: boolean;
  /** Only of kind alias: the `key` of the domain that it stands for. */
  readonly target: string | null;
  /** Characters that end the user's name in `user+tag`; '' switches subaddresses off. Default '+'. */
  readonly separators: string;
  /** Where mail for unknown local parts goes, addr-spec text; null: it is refused. */
  readonly catchAll: string | null;
}

/** What one address (domain and local key) is; an address is one of these at most. */
export type DirectoryAddress =
  | { readonly kind: 'account'; readonly account: DirectoryAccount }
  | {
      /** Both stand for their targets (addr-specs, local or foreign); only a group can be switched to send-as. */
      readonly kind: 'alias' | 'group';
      readonly enabled: boolean;
      readonly targets: readonly string[];
      /** Whether members may send as this address; for an alias always true. */
      readonly sendAs: boolean;
    };

export interface DirectoryReader {
  findDomain(domainKey: string): Promise<DirectoryDomain | null>;
  /** The domain that is meant where none is said (`RCPT TO:<postmaster>`): the oldest one of kind local. */
  findFirstDomain(): Promise<DirectoryDomain | null>;
  /** An exact match only; subaddresses and the catch-all are the caller's work. */
  findAddress(domainId: number, localKey: string): Promise<DirectoryAddress | null>;
  /**
   * Whom postmaster, abuse and MAILER-DAEMON reach where they are no addresses of their own: the domain's administrator
   * while enabled, else the server's first one; null only while the server has no enabled account.
   */
  findAdministrator(domainId: number): Promise<DirectoryAccount | null>;
  findAccount(accountId: number): Promise<DirectoryAccount | null>;
  /** Patterns that the account may send as beside its own addresses: `ann@one.test`, `*@one.test`. */
  listSendGrants(accountId: number): Promise<readonly string[]>;
}
