// Which folder of which account.

export interface Folder {
  readonly accountId: number;
  readonly mailboxId: number;
}
