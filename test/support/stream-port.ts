import { FrontDoor } from "../../src/server/front-door.ts";
import type { ServerTlsOptions } from "../../src/server/options.ts";
import type { ByteStream } from "../../src/transport/byte-stream.ts";
import { clientAddressOf } from "../../src/transport/client-address.ts";
import { routeWhereTaken } from "../../src/transport/http-route.ts";
import { RtmptServer } from "../../src/transport/rtmpt/rtmpt-server.ts";
import { WebSocketServerRoute } from "../../src/transport/websocket/websocket-server.ts";
import type { CleanUp } from "./peer-process.ts";
import { TestServer } from "./test-server.ts";

/** Every way in on one port of 127.0.0.1, as the media server has them, for a server of the test's own. Resolves with the port. */
export async function startStreamPort(
  owner: CleanUp,
  tls: ServerTlsOptions,
  onStream: (stream: ByteStream) => void,
): Promise<number> {
  const { context } = new TestServer();
  const tunnels = new RtmptServer({
    ...context.options,
    log: context.log,
    nowMs: context.nowMs,
    clientAddress: clientAddressOf,
    onStream,
  });
  const webSockets = new WebSocketServerRoute({ clientAddress: clientAddressOf, onStream });
  const routes = [routeWhereTaken(tunnels, "http", "https"), routeWhereTaken(webSockets, "ws", "wss")];
  const frontDoor = new FrontDoor({ context, tls, routes, onStream });
  owner.after(async () => {
    tunnels.close();
    frontDoor.destroy();
  });
  const [listener] = await frontDoor.open([{ host: "127.0.0.1", port: 0 }]);
  if (listener === undefined) throw new Error("nothing listens");
  owner.after(async () => listener.close());
  return listener.port;
}
