import { concatBytes } from "../../src/bytes/concat.ts";
import { type Attacker, commandBytes, handshakeBytes, setChunkSize } from "./attacker.ts";

/** Each character is one byte. */
export function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

/** A request with these lines and nothing added. */
export function requestBytes(lines: readonly string[], body: string | Uint8Array = ""): Uint8Array {
  const bytes = typeof body === "string" ? latin1(body) : body;
  return concatBytes([latin1(`${lines.join("\r\n")}\r\n\r\n`), bytes]);
}

/** A request of RTMPT as it should be. */
export function postBytes(path: string, body: string | Uint8Array = "\0", ...headers: readonly string[]): Uint8Array {
  return requestBytes([`POST ${path} HTTP/1.1`, "Host: a", `Content-Length: ${body.length}`, ...headers], body);
}

/** All that an RTMP client says up to its `connect`, without waiting for an answer. */
export function connectBytes(app: string): Uint8Array {
  return concatBytes([
    handshakeBytes(),
    new Uint8Array(1536),
    setChunkSize(0x7fffffff),
    commandBytes("connect", 1, 0, { app }),
  ]);
}

/** Opens a tunnel, and resolves with its id. */
export async function openTunnel(enemy: Attacker): Promise<string> {
  await enemy.send(postBytes("/open/1"));
  const [, id = ""] = await enemy.said(/\r\n\r\n([0-9a-f]{32})\n/);
  return id;
}
