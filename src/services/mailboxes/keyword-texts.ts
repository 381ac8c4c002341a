// Flags of rows as text: keywords by name, one space between. One text for each state that occurs, shared by all rows.
import { keywordsOf, listKeywords, systemBits } from '../../storage/records/keywords.ts';
import type { SqlReader } from '../../storage/sql/sql.ts';
import { KEYWORD_ACCOUNTS_MAX, KEYWORD_STATES_MAX } from './limits.ts';

interface AccountTexts {
  readonly names: readonly string[];
  readonly texts: Map<number, Map<number, string>>;
}

/** One per thread. */
export class KeywordTexts {
  readonly #sql: SqlReader;
  readonly #accounts = new Map<number, AccountTexts>();

  constructor(sql: SqlReader) {
    this.#sql = sql;
  }

  /** Turns the bits of rows into `flags` (the system's) and `keywords` (text), in place. */
  async translate(accountId: number, rows: readonly { flags?: number; keywords?: number | string }[]): Promise<void> {
    let account = this.#accounts.get(accountId);
    for (const row of rows) {
      const flags = row.flags ?? 0;
      const keywords = typeof row.keywords === 'number' ? row.keywords : 0;
      let text = '';
      if (flags > 31 || keywords > 0) {
        if (account === undefined || !knows(account, flags, keywords)) account = await this.#load(accountId);
        text = textOf(account, flags, keywords);
      }
      row.flags = systemBits(flags);
      row.keywords = text;
    }
  }

  async #load(accountId: number): Promise<AccountTexts> {
    const account = { names: await listKeywords(this.#sql, accountId), texts: new Map() };
    if (this.#accounts.size >= KEYWORD_ACCOUNTS_MAX) this.#accounts.clear();
    this.#accounts.set(accountId, account);
    return account;
  }
}

/** Names are only ever added, so bits beyond those that are known mean that there are more. */
function knows({ names }: AccountTexts, flags: number, keywords: number): boolean {
  const greatest = keywords > 0 ? 47 + Math.floor(Math.log2(keywords)) : Math.floor(Math.log2(flags)) - 5;
  return greatest < names.length;
}

function textOf({ names, texts }: AccountTexts, flags: number, keywords: number): string {
  const high = Math.floor(flags / 32);
  let byKeywords = texts.get(high);
  if (byKeywords === undefined) {
    if (texts.size >= KEYWORD_STATES_MAX) texts.clear();
    texts.set(high, (byKeywords = new Map()));
  }
  let text = byKeywords.get(keywords);
  if (text === undefined) {
    text = keywordsOf({ flags, keywords }, names).join(' ');
    if (byKeywords.size >= KEYWORD_STATES_MAX) byKeywords.clear();
    byKeywords.set(keywords, text);
  }
  return text;
}
