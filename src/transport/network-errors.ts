import { formatAddress } from "./address.ts";

/** Certificates may name hundreds of hosts. */
const MAX_NAMES_LENGTH = 200;

/** Why a port could not be opened, and what to do about it; the system's error is its cause. */
export function listenError(error: Error, host: string, port: number): Error {
  return new Error(`cannot listen on ${formatAddress(host, port)}: ${listenReason(error, host)}`, { cause: error });
}

/** Why a server could not be reached, and what to do about it; the system's error is its cause. */
export function connectError(error: Error, host: string, port: number): Error {
  return new Error(`cannot connect to ${formatAddress(host, port)}: ${connectReason(error, host)}`, { cause: error });
}

export function tcpTimeoutError(host: string, port: number, timeoutMs: number): Error {
  const address = formatAddress(host, port);
  return new Error(`cannot connect to ${address} within ${timeoutMs} ms. Check the address and the firewall.`);
}

/** Why a server that was reached does not speak TLS with us; `serverName` is whom its certificate had to name. */
export function tlsConnectError(error: Error, host: string, port: number, serverName: string): Error {
  const address = formatAddress(host, port);
  return new Error(`no TLS connection with ${address}: ${tlsReason(error, serverName)}`, { cause: error });
}

export function tlsTimeoutError(host: string, port: number, timeoutMs: number): Error {
  const address = formatAddress(host, port);
  return new Error(`no TLS connection with ${address} within ${timeoutMs} ms: it says nothing. ${CHECK_TLS}`);
}

const CHECK_TLS = "Check that it speaks TLS on this port: rtmp://, rtmpt:// and ws:// are without.";

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

function tlsReason(error: Error, serverName: string): string {
  switch (codeOf(error)) {
    case "DEPTH_ZERO_SELF_SIGNED_CERT":
      return "its certificate is self-signed. Name it in tls.caFile, or accept any with tls.insecure.";
    case "SELF_SIGNED_CERT_IN_CHAIN":
    case "UNABLE_TO_GET_ISSUER_CERT":
    case "UNABLE_TO_GET_ISSUER_CERT_LOCALLY":
    case "UNABLE_TO_VERIFY_LEAF_SIGNATURE":
    case "CERT_UNTRUSTED":
      return "no known authority signed its certificate. Name that authority in tls.caFile, or let it send its whole chain.";
    case "CERT_HAS_EXPIRED":
      return "its certificate has expired. Renew it there, or check this machine's clock.";
    case "CERT_NOT_YET_VALID":
      return "its certificate is not valid yet. Check the clocks of both machines.";
    case "ERR_TLS_CERT_ALTNAME_INVALID":
      return `its certificate is not for ${serverName}${namesOf(error)}. Use a name of it in the URL, or in tls.serverName.`;
    case "ERR_SSL_WRONG_VERSION_NUMBER":
    case "ERR_SSL_PACKET_LENGTH_TOO_LONG":
    case "ERR_SSL_UNEXPECTED_MESSAGE":
    case "ERR_SSL_BAD_RECORD_TYPE":
    case "ERR_SSL_RECORD_LAYER_FAILURE":
      return `it answers with something else. ${CHECK_TLS}`;
    case "ECONNRESET":
    case "EPIPE":
      return `it closed the connection. ${CHECK_TLS}`;
    case "ERR_SSL_UNSUPPORTED_PROTOCOL":
    case "ERR_SSL_VERSION_TOO_LOW":
      return "it speaks an old version of TLS only. Have it offer TLS 1.2 or 1.3.";
    default:
      return alertReason(error, serverName);
  }
}

/** What the server says in an alert: the beginning of these codes differs between versions of OpenSSL. */
function alertReason(error: Error, serverName: string): string {
  const code = codeOf(error) ?? "";
  if (code.endsWith("ALERT_PROTOCOL_VERSION"))
    return "it refuses TLS 1.2 and 1.3. Update it, or what stands before it.";
  if (code.endsWith("ALERT_HANDSHAKE_FAILURE")) {
    return "it has no cipher or signature in common with us. Check its TLS settings.";
  }
  if (code.endsWith("UNRECOGNIZED_NAME"))
    return `it has no certificate for ${serverName}. Check the host, or tls.serverName.`;
  return error.message || code || error.name;
}

function namesOf(error: Error): string {
  const certificate = "cert" in error && typeof error.cert === "object" ? error.cert : null;
  const names = certificate !== null && "subjectaltname" in certificate ? certificate.subjectaltname : undefined;
  return typeof names === "string" ? ` but for ${names.slice(0, MAX_NAMES_LENGTH)}` : "";
}

/** Also of the AggregateError that several addresses of one host end in: it has the code of its first error. */
function codeOf(error: Error): string | undefined {
  return "code" in error && typeof error.code === "string" ? error.code : undefined;
}
