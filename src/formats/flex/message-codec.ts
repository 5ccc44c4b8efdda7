import { AmfExternalizable, AmfObject, type AmfValue, hasMembers } from "../amf/amf-value.ts";
import type { AnyFlexMessage, FlexHeaders, FlexMessage, OutgoingFlexMessage } from "./message.ts";
import { SMALL_FORMS } from "./small-message.ts";

const PACKAGE = "flex.messaging.messages.";

const CLASS_NAMES = {
  async: `${PACKAGE}AsyncMessage`,
  acknowledge: `${PACKAGE}AcknowledgeMessage`,
  command: `${PACKAGE}CommandMessage`,
  error: `${PACKAGE}ErrorMessage`,
  remoting: `${PACKAGE}RemotingMessage`,
} as const;

const SMALL_NAMES = { async: "DSA", acknowledge: "DSK", command: "DSC" } as const;

const COMMON = ["messageId", "destination", "timestamp", "timeToLive", "clientId", "headers", "body"];

/** The members of each class as they are written; readers go by their names. */
const SEALED_KEYS: Readonly<Record<FlexMessage["kind"], readonly string[]>> = {
  async: ["correlationId", ...COMMON],
  acknowledge: ["correlationId", ...COMMON],
  command: ["operation", "correlationId", ...COMMON],
  error: ["faultCode", "faultString", "faultDetail", "rootCause", "extendedData", "correlationId", ...COMMON],
  remoting: ["operation", "source", ...COMMON],
};

/** What a member is when nothing is said. */
const DEFAULTS: Readonly<Record<string, AmfValue>> = {
  timestamp: 0,
  timeToLive: 0,
  faultCode: "",
  faultString: "",
  faultDetail: "",
};

/**
 * The message that a decoded value stands for, in its full or its small form; undefined for anything else. Members may
 * stand in any order, and those of the wrong type count as left out.
 */
export function decodeFlexMessage(value: AmfValue): FlexMessage | undefined {
  if (value instanceof AmfExternalizable) {
    const className = Object.hasOwn(SMALL_FORMS, value.className) && value.className;
    const isSmall = className === "DSA" || className === "DSC" || className === "DSK";
    return isSmall && value.content instanceof AmfObject
      ? readMessage(SMALL_FORMS[className], value.content)
      : undefined;
  }
  return value instanceof AmfObject ? readMessage(value.className, value) : undefined;
}

/**
 * What is to be encoded for a message. The small form, where its class has one, is for peers that announced
 * `DSMessagingVersion` 1 over AMF3; all others get typed objects.
 */
export function encodeFlexMessage(message: OutgoingFlexMessage, form: "small" | "full"): AmfObject | AmfExternalizable {
  const { kind, headers = [], ...members } = message;
  const headersObject = new AmfObject(headers as Iterable<readonly [string, AmfValue]>);
  // What may be encoded is more than what is decoded; the encoder sees the difference, and nobody in between looks.
  const all: Readonly<Record<string, AmfValue>> = { ...(members as Record<string, AmfValue>), headers: headersObject };
  if (form === "small" && (kind === "async" || kind === "acknowledge" || kind === "command")) {
    const said = Object.entries(all).filter(([key]) => key !== "headers" || headersObject.members.size > 0);
    return new AmfExternalizable(SMALL_NAMES[kind], new AmfObject(said));
  }
  const sealedKeys = SEALED_KEYS[kind];
  const values = sealedKeys.map((key) => [key, all[key] ?? defaultOf(key, kind)] as const);
  return new AmfObject(values, { className: CLASS_NAMES[kind], sealedKeys, isDynamic: false });
}

function defaultOf(key: string, kind: FlexMessage["kind"]): AmfValue {
  if (key === "operation") return kind === "command" ? 0 : "";
  return Object.hasOwn(DEFAULTS, key) ? DEFAULTS[key] : null;
}

function readMessage(className: string, object: AmfObject): FlexMessage | undefined {
  const common = readCommon(object);
  const correlationId = textOf(object, "correlationId");
  switch (className) {
    case CLASS_NAMES.async:
      return { kind: "async", ...common, correlationId };
    case CLASS_NAMES.acknowledge:
      return { kind: "acknowledge", ...common, correlationId };
    case CLASS_NAMES.command:
      return { kind: "command", ...common, correlationId, operation: numberOf(object, "operation") };
    case CLASS_NAMES.error:
      return { kind: "error", ...common, correlationId, ...readFault(object) };
    case CLASS_NAMES.remoting: {
      const operation = textOf(object, "operation") ?? "";
      return { kind: "remoting", ...common, operation, source: textOf(object, "source") };
    }
    default:
      return undefined;
  }
}

function readCommon(object: AmfObject): AnyFlexMessage {
  return {
    body: object.get("body") ?? null,
    clientId: textOf(object, "clientId"),
    destination: textOf(object, "destination"),
    headers: readHeaders(object.get("headers")),
    messageId: textOf(object, "messageId"),
    timestamp: numberOf(object, "timestamp"),
    timeToLive: numberOf(object, "timeToLive"),
  };
}

function readHeaders(value: AmfValue): FlexHeaders {
  const inner = value instanceof AmfExternalizable ? value.content : value;
  return hasMembers(inner) ? inner.members : new Map();
}

function readFault(object: AmfObject) {
  return {
    faultCode: textOf(object, "faultCode") ?? "",
    faultString: textOf(object, "faultString") ?? "",
    faultDetail: textOf(object, "faultDetail") ?? "",
    rootCause: object.get("rootCause") ?? null,
    extendedData: object.get("extendedData") ?? null,
  };
}

function textOf(object: AmfObject, key: string): string | null {
  const value = object.get(key);
  return typeof value === "string" ? value : null;
}

function numberOf(object: AmfObject, key: string): number {
  const value = object.get(key);
  return typeof value === "number" && Number.isFinite(value) ? value : 0;
}
