import { readFile } from "node:fs/promises";
import { isIP, type Socket } from "node:net";
import { connect, createSecureContext, getCACertificates, type SecureContext, type TLSSocket } from "node:tls";
import type { ByteStream } from "./byte-stream.ts";
import type { ClientTlsOptions } from "./client-tls-options.ts";
import { type ConnectDeadline, type ConnectLimits, untilConnected, withDeadline } from "./connect-deadline.ts";
import { tcpTimeoutError, tlsConnectError, tlsTimeoutError } from "./network-errors.ts";
import { socketStream } from "./socket-stream.ts";
import { connectTcpSocket, type TcpTarget } from "./tcp-connect.ts";

export type TlsConnectOptions = TcpTarget & ConnectLimits & { readonly tls?: ClientTlsOptions };

/**
 * Connects as `connectTcp` does, and speaks TLS 1.2 or 1.3. Without `tls` the certificate must be for the host, and
 * signed by an authority that the system or Node trusts. Rejects with an error that says what to do.
 */
export async function connectTls(options: TlsConnectOptions): Promise<ByteStream> {
  const { host, port, tls } = options;
  let isConnected = false;
  const timeoutError = (timeoutMs: number): Error =>
    isConnected ? tlsTimeoutError(host, port, timeoutMs) : tcpTimeoutError(host, port, timeoutMs);
  const socket = await withDeadline(options, timeoutError, async (deadline) => {
    const plain = await connectTcpSocket(options, deadline);
    isConnected = true;
    return await startTls(plain, { host, port, ...(tls !== undefined && { tls }) }, deadline);
  });
  return socketStream(socket);
}

/** Speaks TLS on a connected socket, which may lead there through a proxy. One step of a connection. */
export async function startTls(
  socket: Socket,
  { host, port, tls = {} }: { readonly host: string; readonly port: number; readonly tls?: ClientTlsOptions },
  { signal }: ConnectDeadline,
): Promise<TLSSocket> {
  const serverName = (tls.serverName ?? host).replace(/\.$/, "");
  let secureContext: SecureContext;
  try {
    secureContext = await clientContext(tls);
  } catch (error) {
    socket.destroy();
    throw error;
  }
  const secure = connect({
    socket,
    secureContext,
    // What the certificate is checked against; SNI is for names only (RFC 6066 section 3).
    host: serverName,
    servername: isIP(serverName) === 0 ? serverName : "",
    // Said even when it is the default: NODE_TLS_REJECT_UNAUTHORIZED=0 would count otherwise.
    rejectUnauthorized: tls.insecure !== true,
  });
  await untilConnected(secure, "secureConnect", signal, (error) => tlsConnectError(error, host, port, serverName));
  return secure;
}

let systemContext: SecureContext | undefined;

/** The system's authorities are hundreds: they are parsed once. */
async function clientContext({ caFile, ca }: ClientTlsOptions): Promise<SecureContext> {
  if (caFile === undefined && ca === undefined) {
    systemContext ??= createSecureContext({ ca: [...getCACertificates("default"), ...getCACertificates("system")] });
    return systemContext;
  }
  const authorities: string[] = [];
  if (ca !== undefined) authorities.push(checkedPem(ca, "tls.ca"));
  if (caFile !== undefined) authorities.push(checkedPem(await readPem(caFile), `the file ${caFile}`));
  return createSecureContext({ ca: authorities });
}

async function readPem(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw new Error(`cannot read the authorities in ${file}. Check the path in tls.caFile.`, { cause });
  }
}

/** Node takes text without a certificate for an empty list. */
function checkedPem(text: string, place: string): string {
  if (text.includes("-----BEGIN CERTIFICATE-----")) return text;
  throw new TypeError(`${place} holds no certificate. Give authorities as PEM: -----BEGIN CERTIFICATE-----.`);
}
