import { FlexFault } from "../../client/flex/flex-fault.ts";
import type { AmfEncodable, AmfValue } from "../../formats/amf/amf-value.ts";
import { Amf3Encoder } from "../../formats/amf/amf3-encoder.ts";
import { toPlain } from "../../formats/amf/to-plain.ts";
import { unwrapFlexValue } from "../../formats/flex/collections.ts";
import type { FlexRemotingMessage, OutgoingFlexMessage } from "../../formats/flex/message.ts";
import { acknowledge, createFlexId } from "./answers.ts";
import type { BrokerContext } from "./broker-context.ts";
import { checkLogin, nameForFault } from "./destination-checks.ts";
import type { FlexSession } from "./flex-session.ts";
import { RemotingDestination, type ServiceMethod } from "./remoting.ts";

/** A call puts each parameter on the stack. */
const MAX_PARAMETERS = 1000;

/** Runs the method that a message calls, and answers with what it returns. Rejects with a `FlexFault`, or what the method threw. */
export async function callService(
  context: BrokerContext,
  session: FlexSession,
  message: FlexRemotingMessage,
): Promise<OutgoingFlexMessage> {
  const { destination, operation } = message;
  const service = context.destinations.get(destination ?? "");
  if (!(service instanceof RemotingDestination)) {
    throw new FlexFault({ description: `There is no service ${nameForFault(destination)}.` });
  }
  checkLogin(session, service.options);
  const method = service.methodFor(session, operation);
  if (method === undefined) {
    throw new FlexFault({ description: `The service has no method ${nameForFault(operation)}.` });
  }
  const result = await run(context, session, message, method);
  checkResult(context, result);
  return acknowledge(message, { body: result as AmfEncodable, clientId: message.clientId ?? createFlexId() });
}

async function run(
  { methods, registry }: BrokerContext,
  session: FlexSession,
  message: FlexRemotingMessage,
  method: ServiceMethod,
): Promise<unknown> {
  const parameters = parametersOf(message.body);
  if (isFunction(method)) {
    const plain = toPlain([...parameters], { registry });
    return await Reflect.apply(method, undefined, Array.isArray(plain) ? plain : []);
  }
  if (!methods.isChecked(method))
    throw new TypeError(`${message.operation} is neither a function nor made by method()`);
  const values = await methods.check(message.operation, method, parameters, registry);
  return await Reflect.apply(method.handler, undefined, [session, ...values]);
}

function isFunction(method: ServiceMethod): method is (...parameters: never[]) => unknown {
  return typeof method === "function";
}

function parametersOf(body: AmfValue): readonly AmfValue[] {
  const inner = unwrapFlexValue(body);
  const parameters = Array.isArray(inner) ? inner : inner === null || inner === undefined ? [] : [inner];
  if (parameters.length > MAX_PARAMETERS)
    throw new FlexFault({ description: `More than ${MAX_PARAMETERS} parameters.` });
  return parameters;
}

/** Before the answer is on its way: a client of Flex waits for a message of its own form. */
function checkResult({ registry }: BrokerContext, result: unknown): void {
  new Amf3Encoder({ registry }).write(result as AmfEncodable);
}
