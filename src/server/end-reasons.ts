/** Why a connection broke, in words. */
export function describeBreak(error: Error): string {
  switch ((error as NodeJS.ErrnoException).code) {
    case "ECONNRESET":
      return "the client dropped the connection without closing it (reset)";
    case "EPIPE":
      return "the client went away while it was being sent to";
    case "ETIMEDOUT":
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return "the network to the client was lost";
    default:
      return error.message;
  }
}
