/** Why a publisher is refused a name that is in use, and what to do. Who has it is nobody else's business. */
export function nameInUse(name: string): string {
  return `${name} is already being published. Stop the other publisher, or use another key.`;
}

export const TOO_MANY_BROADCASTS = "The server has too many broadcasts. Raise maxBroadcasts, or come back later.";
