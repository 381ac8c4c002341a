// Ids as clients see them, RFC 8474 §4 to §6 and RFC 8620 §1.2: a letter, then numbers in base 36.

/** MAILBOXID. */
export function formatMailboxId(accountId: number, mailboxId: number): string {
  return `F${accountId.toString(36)}-${mailboxId.toString(36)}`;
}

/** EMAILID. */
export function formatEmailId(id: number): string {
  return `M${id.toString(36)}`;
}

/** THREADID. */
export function formatThreadId(id: number): string {
  return `T${id.toString(36)}`;
}

/** null: not an id of ours. */
export function parseEmailId(id: string): number | null {
  return parseId(id, 'M');
}

/** null: not an id of ours. */
export function parseThreadId(id: string): number | null {
  return parseId(id, 'T');
}

function parseId(id: string, letter: string): number | null {
  if (!id.startsWith(letter) || !/^[0-9a-z]{1,11}$/.test(id.slice(1))) return null;
  const number = Number.parseInt(id.slice(1), 36);
  return Number.isSafeInteger(number) ? number : null;
}
