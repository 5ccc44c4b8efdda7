import { encodeUtf8 } from "../bytes/utf8.ts";

/** The name of a broadcast, or why there is none: a refusal is a value. */
export type BroadcastName = { readonly name: string } | { readonly refusal: string };

/** A Flash name for the default instance of an application. */
const DEFAULT_INSTANCE = "_definst_";
/** Prefixes by which Flash players ask for a container: docs/interop.md. */
const CONTAINER_PREFIX = /^(?:flv|mp4|mp3|f4v|raw):/;

/** How much longer what a client sends may be than the name that is made of it. */
const LEFT_OUT_CHARACTERS = 64;

/**
 * `app/key`: both joined, slashes made single, the default instance and a container prefix left out. Clients part a URL
 * in different places (`a/b` + `c`, `a` + `b/c`), so only the whole counts: docs/interop.md.
 */
export function broadcastNameOf(app: string, streamKey: string, maxNameBytes: number): BroadcastName {
  const tooLong = { refusal: `The stream's name is longer than ${maxNameBytes} bytes.` };
  // Before it is taken apart: a megabyte of slashes would be a million parts.
  if (app.length + streamKey.length > maxNameBytes + LEFT_OUT_CHARACTERS) return tooLong;
  const parts = `${app}/${streamKey.replace(CONTAINER_PREFIX, "")}`.split("/");
  const name = parts.filter((part) => part !== "" && part !== DEFAULT_INSTANCE).join("/");
  if (name === "") return { refusal: "The stream has no name: give an application and a stream key." };
  if (encodeUtf8(name).length > maxNameBytes) return tooLong;
  // Control characters would make log lines lie.
  if (/\p{Cc}/u.test(name)) return { refusal: "The stream's name holds control characters." };
  return { name };
}
