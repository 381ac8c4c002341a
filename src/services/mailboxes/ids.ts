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
