import { type ProtocolErrorCode, REMEDIES } from "../../src/errors.ts";

/** The text of docs/errors.md, from the codes and remedies of src/errors.ts: a test keeps the file equal to it. */
export function errorsDocs(): string {
  return `${INTRODUCTION}\n${Object.entries(GROUPS).map(describeGroup).join("\n")}`;
}

type Group = { readonly title: string; readonly text: string };

/** By the first part of the code, in the order of the document. */
export const GROUPS: Readonly<Record<string, Group>> = {
  handshake: {
    title: "Handshakes",
    text: `A server closes the connection, and the client library rejects. \`handshake.tls\`, \`handshake.http\` and
\`handshake.plain\` say that a listener does not take this way in: its \`accept\` names those that it takes. The message of
\`handshake.tls-failed\` says in words what went wrong.
\`handshake.signature\` comes only where strict verification is asked for, which neither \`millrace serve\` nor the client
library does.`,
  },
  http: {
    title: "HTTP",
    text: "A server answers with a status such as 400 or 431, and closes the connection.",
  },
  proxy: {
    title: "PROXY protocol",
    text: `A server closes the connection. Addresses that stand in \`proxyProtocolFrom\` of a listener must send a header, and
all others must not.`,
  },
  swf: {
    title: "SWF verification",
    text: "A server that asks players for their SWF file closes those that do not prove one that it allows.",
  },
  chunk: {
    title: "Chunks",
    text: `The connection is closed, for its bytes have no meaning any more. The limits are keys of
[config.md](config.md), under \`limits\`.`,
  },
  message: { title: "Control messages", text: "The connection is closed." },
  command: {
    title: "Commands",
    text: `The connection is closed. Only a command without a readable name counts here: where the arguments cannot be read,
the command is taken without them.`,
  },
  object: {
    title: "Shared objects",
    text: `A server closes the connection whose message says \`object.body\` or \`object.limit\`. \`object.snapshot\` is about what was
stored of a persistent object: clients are refused that object, and nothing is overwritten.`,
  },
  flex: {
    title: "Flex messaging",
    text: `A consumer is told so by an error message, and nothing else happens. The limits are those of the option \`flex\`.`,
  },
  session: {
    title: "Sessions",
    text: `A server closes the connection. In the client library \`session.call-limit\` and \`session.stream-limit\` reject the call, and
nothing else happens. The limits are keys of [config.md](config.md), under \`limits\`; \`session.reply-limit\` is
\`limits.maxUnreadReplyBytes\`.`,
  },
  timeout: {
    title: "Time-outs",
    text: `On a server the connection is closed; the times are keys of [config.md](config.md), under \`timeouts\`.
\`timeout.server-handshake\` and \`timeout.answer\` are the client library's, whose times stand in its option \`timeouts\`.`,
  },
  viewer: { title: "Viewers", text: "A server closes the viewer's connection. The key is `play.blockedTimeoutMs`." },
  publish: {
    title: "Publishing",
    text: `\`publish.queue\` is thrown by the client library's \`write\`, and the connection stays. With any other of these a server
closes the publisher's connection.`,
  },
  link: {
    title: "Workers",
    text: "The link between two processes of one server closes and is made anew; clients wait as for a publisher that is back soon.",
  },
  connection: {
    title: "Connections",
    text: `The client library rejects what was under way, and whatever is tried later. The message begins with what ended the
connection.`,
  },
  bytes: {
    title: "Bytes",
    text: "Thrown by the decoders of `millrace/rtmp`, `millrace/amf` and `millrace/flv`. No connection ends with it.",
  },
  amf: {
    title: "AMF",
    text: `Thrown by \`millrace/amf\`, and \`amf.encode\` by everything that sends values. No connection ends with it: what a peer
sends and nobody can read is passed over, and for data messages counted in the line of the closed connection.`,
  },
  flv: { title: "FLV files", text: "Thrown by `FlvReader` of `millrace/flv`." },
  media: {
    title: "Audio and video",
    text: `Thrown by the header decoders of \`millrace/flv\`. A server relays media as it is, and closes no publisher for what is
in it.`,
  },
};

const INTRODUCTION = `# Errors

<!-- Made from src/errors.ts: UPDATE_DOCS=1 node --test test/docs/errors.test.ts -->

When a peer breaks the protocol or a limit, that is a \`ProtocolError\`. It has a \`code\`, which is stable, so that programs
may branch on it; a \`message\`, which may change; a \`remedy\`, the text of the tables below; and, where there is one, a
\`byteOffset\`. Each connection ends for itself: nobody else notices.

| who | sees |
|---|---|
| the operator of a server | a line of level \`warn\` with the code, the message, the remedy and the place; then the line of the closed connection, whose \`reason\` begins with the code, unless it ended before it was known what it speaks |
| an encoder or player, connected | \`NetStream.Failed\` on each of its streams, with the message and the remedy as its description; the connection closes 200 ms later |
| the same before \`connect\` is answered | only that the connection closes: RTMP has no words for it |
| the program around a server | \`onClose\`, \`onPublishEnd\` and \`onPlayEnd\` with a reason that begins with the code |
| a program with the client library | calls and streams that were under way reject with the error, its message ends with the remedy; the connection's \`closed\` and the stream's \`ended\` tell the same |
| a program with the toolkit | the function throws |

\`\`\`text
[09:22:23.079] WARN: the client did not connect for 10000 ms {"connection":"1","remote":"127.0.0.1:59206",
  "code":"timeout.connect","bytesReceived":3073,"remedy":"The client finished the handshake and sent no connect. …"}
[09:22:23.090] INFO: connection closed {"connection":"1", … ,"reason":"timeout.connect: the client did not connect …"}
\`\`\`

A refusal is no error. A hook that says no and a name that is in use are ordinary answers:
\`NetConnection.Connect.Rejected\`, \`NetStream.Publish.BadName\`, \`NetStream.Play.StreamNotFound\`. The client library
rejects with a \`StatusError\` then, which has the server's \`code\` and \`description\`.
`;

function describeGroup([name, { title, text }]: readonly [string, Group]): string {
  const rows = codesOf(name).map((code) => `| \`${code}\` | ${REMEDIES[code]} |`);
  return `## ${title}\n\n${text}\n\n| code | what it means, and what to do |\n|---|---|\n${rows.join("\n")}\n`;
}

function codesOf(group: string): ProtocolErrorCode[] {
  const codes = Object.keys(REMEDIES) as ProtocolErrorCode[];
  return codes.filter((code) => code.startsWith(`${group}.`));
}
