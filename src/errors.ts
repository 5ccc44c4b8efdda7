/**
 * What went wrong, as a stable code, and what its reader can do about it.
 * The keys are the codes; docs/errors.md lists the same ones, held together by a test.
 */
export const REMEDIES = {
  "bytes.truncated": "The peer sent a structure that ends too early. Report the peer's name and version.",
  "amf.marker": "The peer sent an AMF type that does not exist. Report the peer's name and version.",
  "amf.reference": "The peer's AMF refers to a value that it never sent. Report the peer's name and version.",
  "amf.externalizable": "Register a codec for this class, or have the application send plain objects.",
  "amf.limit": "The AMF value nests too deep or has too many parts. Raise the AMF limits only for trusted peers.",
  "amf.encode": "The value cannot be written as AMF. Pass plain objects, arrays, strings, numbers or AMF types.",
  "flv.signature": "The file is no FLV file. Check its name, or convert it: ffmpeg -i FILE -c copy out.flv.",
  "flv.tag": "The FLV file is damaged at this place. Rewrite it: ffmpeg -i FILE -c copy out.flv.",
  "media.header": "The encoder sent a media header that its codec does not allow. Check the encoder's settings.",
  "media.box": "The MP4 file is damaged at this place. Rewrite it: ffmpeg -i FILE -c copy out.mp4.",
  "handshake.version": "The peer does not speak RTMP. Check its address, port and scheme.",
  "handshake.tls":
    "The peer speaks TLS where none is expected. Use rtmp:// or rtmpt://, or give the server tls and accept rtmps, rtmpts or wss.",
  "handshake.tls-failed":
    "Check the client's URL, that it speaks TLS 1.2 or later, and that it trusts the certificate or does not verify it.",
  "handshake.http":
    "The peer speaks HTTP where none is expected. Check scheme and port, or have the server accept rtmpt, rtmpts, ws or wss.",
  "handshake.plain":
    "The peer speaks RTMP where only other ways in are taken. Use their scheme, or accept rtmp or rtmps.",
  "handshake.signature":
    "The peer's handshake is not signed as required. Turn strict verification off, or check the peer.",
  "handshake.public-key":
    "The peer's RTMPE handshake has no usable key: it is broken or hostile. Use rtmps://, or report the peer's version.",
  "handshake.short-secret": "Connect again: programs disagree about the keys that both sides happened to draw.",
  "swf.unverified": "Check the player's options, or turn SWF verification off for such players.",
  "swf.unknown": "Add its hash and length to those allowed, or update the player.",
  "handshake.limit": "The peer sent more than a handshake before it was answered. Check that it speaks RTMP.",
  "http.request":
    "The peer's HTTP request is malformed or too long. Check that it speaks RTMPT or WebSocket to this port.",
  "proxy.header":
    "The PROXY protocol header is malformed, missing or uninvited. Name the load balancers that send it, and only them, in proxyProtocolFrom.",
  "chunk.size": "The peer announced a chunk size outside 1 to 2147483647. Report the peer's name and version.",
  "chunk.header": "The peer's chunk headers are inconsistent: it is no RTMP peer, or bytes were lost on the way.",
  "chunk.stream-limit": "The peer opened too many chunk streams. Raise maxChunkStreams if it is trusted.",
  "chunk.message-limit":
    "The peer's message is longer than allowed. Raise maxMessageBytes, or lower the encoder's bitrate.",
  "chunk.partial-limit":
    "The peer holds too many bytes in unfinished messages. Raise maxPartialBytes if it is trusted.",
  "chunk.overhead": "The peer sends almost only headers. Use a larger chunk size in the encoder.",
  "message.body": "The peer sent a control message that is too short. Report the peer's name and version.",
  "command.body": "The peer sent a command that cannot be read. Report the peer's name and version.",
  "command.order": "The peer sent a command before connect. Check that the client speaks RTMP.",
  "object.body": "The peer sent a shared object message that cannot be read. Report the peer's name and version.",
  "object.limit":
    "The peer's shared object message is larger than allowed. Raise the shared object limits if it is trusted.",
  "object.snapshot": "The stored shared object is damaged. Restore its file from a backup, or delete it to begin anew.",
  "flex.selector":
    "The consumer's selector cannot be read. Correct it, or raise the selector limits if it is only long.",
  "session.stream-limit": "The peer opened too many streams on one connection. Raise maxNetStreams if it is trusted.",
  "session.call-limit": "Too many calls wait for an answer. Raise maxPendingCalls, or call less often.",
  "session.flood": "The peer sent more commands than one may. Raise maxCommandsPerSecond if it is trusted.",
  "timeout.first-byte":
    "The client connected and did not say what it speaks. Check its network and what stands between, or raise handshakeMs.",
  "timeout.tls": "The client did not finish the TLS handshake. Check its network, or raise handshakeMs.",
  "timeout.request": "The client began an HTTP request and did not finish it. Check its network, or raise requestMs.",
  "timeout.handshake":
    "The client connected and did not finish the RTMP handshake. Check that it speaks RTMP to this port.",
  "timeout.connect": "The client finished the handshake and sent no connect. Check that it speaks RTMP.",
  "timeout.idle": "The client sent nothing, not even an answer to a ping. Check its network, or raise idleMs.",
  "timeout.publisher": "The encoder stopped sending. Check the encoder and its network, or raise publisherSilenceMs.",
  "timeout.hook": "A hook of the application did not decide in time. Check the application, or raise hookMs.",
  "viewer.slow":
    "The viewer's network is slower than the broadcast. Lower the encoder's bitrate, or raise blockedTimeoutMs.",
  "publish.config-limit":
    "The encoder sets more metadata and configurations than are kept for newcomers. Raise maxConfigBytes if it must.",
  "link.message":
    "What came by a link between two processes of the server is no relay. Let nobody else enter the folder of the links.",
  "session.reply-limit": "The peer does not read its answers. Check its network.",
  "timeout.server-handshake": "Check that it serves RTMP on this port, or raise handshakeMs.",
  "timeout.answer":
    "Check the other side, read what a play stream of the same connection holds back, or raise the time-out.",
  "publish.queue":
    "The network is slower than the media: wait for ready() when write() is false, or lower the bitrate.",
  "connection.closed": "Connect again; the connection's closed promise tells why it is over.",
} as const;

/** A stable name for one kind of failure: code may branch on it, while messages may change. */
export type ProtocolErrorCode = keyof typeof REMEDIES;

/** The peer broke the protocol, so the connection cannot go on. Thrown where it is seen, caught once a connection. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
  readonly code: ProtocolErrorCode;
  /** Where in the decoded bytes the violation stands, counted from the start of that input; undefined if it has no place. */
  readonly byteOffset: number | undefined;

  constructor(code: ProtocolErrorCode, message: string, options?: ErrorOptions & { readonly byteOffset?: number }) {
    super(message, options);
    this.code = code;
    this.byteOffset = options?.byteOffset;
  }

  /** What the reader of the message can do. */
  get remedy(): string {
    return REMEDIES[this.code];
  }
}
