import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { ProtocolError } from "../errors.ts";
import type { TlsIdentities } from "./tls-identities.ts";

/**
 * The server's side of a TLS handshake on a socket. Resolves with the socket inside; rejects with `handshake.tls-failed` when it
 * fails. Undefined when the client goes away first, or the socket is destroyed.
 */
export function acceptTls(socket: Socket, identities: TlsIdentities): Promise<TLSSocket | undefined> {
  const secure = new TLSSocket(socket, {
    isServer: true,
    secureContext: identities.contextFor(undefined),
    SNICallback: (serverName, done) => done(null, identities.contextFor(serverName)),
    // For clients that ask whether HTTP is spoken; nobody has to.
    ALPNProtocols: ["http/1.1"],
  });
  outermost.set(socket, secure);
  return new Promise((resolve, reject) => {
    // Stays: what comes after the handshake is seen in `errored`.
    secure.on("error", (error) => reject(tlsError(error)));
    const onGone = (): void => {
      secure.destroy();
      resolve(undefined);
    };
    secure.once("end", onGone).once("close", onGone);
    secure.once("secure", () => {
      secure.off("end", onGone).off("close", onGone);
      // Only on sockets of its own servers does Node end a connection whose TLS breaks after the handshake.
      secure.on("_tlsError", (error: Error) => secure.destroy(explain("the TLS connection broke", error)));
      resolve(secure);
    });
  });
}

/** The TLS on each socket. */
const outermost = new WeakMap<Socket, TLSSocket>();

/**
 * Destroys an accepted socket by the TLS on it, where there is some: Node ends with a segmentation fault when a socket is
 * destroyed first and its TLSSocket right after.
 */
export function destroyAccepted(socket: Socket): void {
  (outermost.get(socket) ?? socket).destroy();
}

/** What went wrong in words; OpenSSL's own are its cause. */
export function tlsError(error: Error): ProtocolError {
  return error instanceof ProtocolError ? error : explain("the TLS handshake failed", error);
}

function explain(what: string, cause: Error): ProtocolError {
  return new ProtocolError("handshake.tls-failed", `${what}: ${reasonOf(cause)}`, { cause });
}

function reasonOf(error: Error): string {
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  const ownWords = "reason" in error && typeof error.reason === "string" ? error.reason : error.message;
  return REASONS.find(([pattern]) => pattern.test(code))?.[1] ?? ownWords;
}

/** By Node's codes: those with ALERT are what the client said. */
const REASONS: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/ALERT_(UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_|UNSUPPORTED_CERTIFICATE)/, "the client refused the certificate"],
  [/ALERT_PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL|VERSION_TOO_LOW/, "client and server have no TLS version in common"],
  [
    /NO_SHARED_CIPHER|NO_SHARED_GROUP|NO_SUITABLE|ALERT_HANDSHAKE_FAILURE/,
    "client and server have no cipher in common",
  ],
  [/NO_APPLICATION_PROTOCOL/, "the client offers protocols by ALPN, and http/1.1 is none of them"],
  [/ALERT_UNRECOGNIZED_NAME/, "the client does not know the server's name"],
  [/ALERT_/, "the client broke off"],
  [/ECONNRESET|EPIPE/, "the client reset the connection"],
  [
    /WRONG_VERSION_NUMBER|HTTP_REQUEST|HTTPS_PROXY_REQUEST|UNEXPECTED_|LENGTH|BAD_|DECODE|DECRYPTION|UNKNOWN_PROTOCOL|RECORD|EXCESSIVE|CIPHER_OPERATION/,
    "what came is no TLS",
  ],
];
