import { formatAddress } from "./address.ts";

/** Why a port could not be opened, and what to do about it; the system's error is its cause. */
export function listenError(error: Error, host: string, port: number): Error {
  return new Error(`cannot listen on ${formatAddress(host, port)}: ${listenReason(error, host)}`, { cause: error });
}

/** Why a server could not be reached, and what to do about it; the system's error is its cause. */
export function connectError(error: Error, host: string, port: number): Error {
  return new Error(`cannot connect to ${formatAddress(host, port)}: ${connectReason(error, host)}`, { cause: error });
}

function listenReason(error: Error, host: string): string {
  switch (codeOf(error)) {
    case "EADDRINUSE":
      return "another program has this port. Stop it, or choose another port.";
    case "EACCES":
    case "EPERM":
      return "this user may not open it. Choose a port above 1023, or grant CAP_NET_BIND_SERVICE.";
    case "EADDRNOTAVAIL":
      return "this machine does not have that address. Use one of its own, or 0.0.0.0 or :: for all.";
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `the host name ${host} is unknown. Use an address of this machine, or 0.0.0.0 or :: for all.`;
    default:
      return error.message;
  }
}

function connectReason(error: Error, host: string): string {
  switch (codeOf(error)) {
    case "ECONNREFUSED":
      return "nothing listens there. Start the server, or check the address and the port.";
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `the host name ${host} is unknown. Check its spelling and the name server.`;
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return "there is no way to that network. Check the address and the network.";
    case "ETIMEDOUT":
      return "it does not answer. Check the address and the firewall.";
    case "ECONNRESET":
      return "it dropped the connection at once. Check that it speaks this protocol on this port.";
    case "EADDRNOTAVAIL":
    case "EINVAL":
      return "the local address is not usable for it. Leave localAddress out, or use one of this machine.";
    default:
      return error.message || (codeOf(error) ?? error.name);
  }
}

/** Also of the AggregateError that several addresses of one host end in: it has the code of its first error. */
function codeOf(error: Error): string | undefined {
  return "code" in error && typeof error.code === "string" ? error.code : undefined;
}
