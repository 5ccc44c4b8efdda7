import { type AddressInfo, createServer, Socket } from "node:net";

/** `off` has every socket read as Node does by itself. */
export const FAST_READ_VARIABLE = "MILLRACE_FAST_READ";

/** As much as Node reads at a time. */
const BUFFER_BYTES = 64 * 1024;
/** Nothing of the probe takes longer on a machine that works. */
const PROBE_TIMEOUT_MS = 1000;

type OnBytes = (bytes: Uint8Array) => void;
type ReadShared = (socket: Socket, onBytes: OnBytes) => boolean;

let readIntoBuffer: ReadShared | undefined;
let probed: Promise<ReadShared | undefined> | undefined;

/**
 * Finds out whether `readShared` works here, by a connection of our own over loopback, once in a process; `readShared` does
 * nothing before that, nor where the environment has switched it off. Never rejects.
 */
export async function prepareSharedReads(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<boolean> {
  const isOff = environment[FAST_READ_VARIABLE] === "off";
  probed ??= isOff ? undefined : probe();
  readIntoBuffer = isOff ? undefined : await probed;
  return readIntoBuffer !== undefined;
}

/**
 * Has the socket's bytes read into one buffer of this thread, with neither memory nor an event for each read: `onBytes`
 * gets them, valid during the call only. False where that cannot be had, and nothing has changed then. Bytes that the
 * socket holds already come as `data` first; `pause`, `resume`, `end` and `error` are as ever.
 */
export function readShared(socket: Socket, onBytes: OnBytes): boolean {
  return readIntoBuffer?.(socket, onBytes) ?? false;
}

type Key = string | symbol;
type Handle = { useUserBuffer?(buffer: Uint8Array): void };
type OpenedSocket = { [key: Key]: unknown; readonly _handle?: Handle | null };

/**
 * Node has this as its option `onread`, but only for sockets that one opens. What the option leaves in a socket is looked
 * up in one that is made with it, and put into the accepted ones.
 */
function createReader(): ReadShared | undefined {
  const buffer = new Uint8Array(BUFFER_BYTES);
  const onRead = (): boolean => true;
  const model = inside(new Socket({ onread: { buffer, callback: onRead } }));
  const keyOf = (value: unknown): Key | undefined => Reflect.ownKeys(model).find((key) => model[key] === value);
  const bufferKey = keyOf(buffer);
  const callbackKey = keyOf(onRead);
  if (bufferKey === undefined || callbackKey === undefined) return undefined;
  return (socket, onBytes) => {
    const parts = inside(socket);
    if (typeof parts._handle?.useUserBuffer !== "function") return false;
    parts[bufferKey] = buffer;
    parts[callbackKey] = (length: number): boolean => {
      onBytes(buffer.subarray(0, length));
      return true;
    };
    parts._handle.useUserBuffer(buffer);
    return true;
  };
}

function inside(socket: Socket): OpenedSocket {
  return socket as unknown as OpenedSocket;
}

async function probe(): Promise<ReadShared | undefined> {
  try {
    const reader = createReader();
    return reader !== undefined && (await isProven(reader)) ? reader : undefined;
  } catch {
    return undefined;
  }
}

/** Two reads with a pause between, and an end: all of it must come as it was sent, and nothing as `data`. */
async function isProven(reader: ReadShared): Promise<boolean> {
  const first = [1, 2, 3];
  const second = [4, 5];
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const fail = (): void => resolve(false);
  const timer = setTimeout(fail, PROBE_TIMEOUT_MS);
  const sockets: Socket[] = [];
  const server = createServer((accepted) => {
    sockets.push(accepted.on("error", fail));
    const received: number[][] = [];
    const isTaken = reader(accepted, (bytes) => {
      received.push(Array.from(bytes));
      accepted.pause();
      setImmediate(() => {
        accepted.resume();
        if (received.length === 1) client.end(Uint8Array.from(second));
      });
    });
    if (!isTaken) return fail();
    accepted.on("end", () => resolve(received.join(";") === [first, second].join(";")));
    accepted.on("data", fail);
    client.write(Uint8Array.from(first));
  });
  server.on("error", fail);
  const client = new Socket();
  sockets.push(client.on("error", fail));
  // Not shared with other processes of a cluster: the connection must come back here.
  server.listen({ host: "127.0.0.1", port: 0, exclusive: true }, () => {
    client.connect((server.address() as AddressInfo).port, "127.0.0.1");
  });
  const isGood = await promise;
  clearTimeout(timer);
  for (const socket of sockets) socket.destroy();
  server.close();
  return isGood;
}
