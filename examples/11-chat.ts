/**
 * A chat: who is in a room and what was said last is a shared object. All see it, and only the server writes it.
 * Usage: node examples/11-chat.ts [port]
 */
import { application, connect, createMediaServer, type MethodsOf, method, type ServerSharedObject } from "millrace";
import { z } from "zod";

type Room = { users: string[]; lines: string[] };

const chat = application<{ state: { name: string } }>("chat", {
  state: () => ({ name: "" }),
  onDisconnect({ instance, state }) {
    void roomOf(instance.name).then((room) => {
      room.set("users", room.data.users?.filter((user) => user !== state.name) ?? []);
    });
  },
}).methods({
  enter: method([z.string().min(1).max(20)], async (client, name) => {
    client.state.name = name;
    const room = await roomOf(client.instance.name);
    room.set("users", [...(room.data.users ?? []), name]);
  }),
  say: method([z.string().max(200)], async (client, text) => {
    const room = await roomOf(client.instance.name);
    room.set("lines", [...(room.data.lines ?? []), `${client.state.name}: ${text}`].slice(-50));
  }),
});

/** Those of chat/kitchen and of chat/garden have rooms of their own. */
const rooms = new Map<string, Promise<ServerSharedObject<Room>>>();
function roomOf(instance: string): Promise<ServerSharedObject<Room>> {
  const room = rooms.get(instance) ?? server.sharedObject<Room>(`chat/${instance}`, "room");
  rooms.set(instance, room);
  return room;
}

const server = createMediaServer({
  listen: [{ host: "127.0.0.1", port: Number(process.argv[2] ?? 0) }],
  applications: [chat],
  sharedObjects: { apps: ["chat"], mayWrite: () => false },
});
await server.start();

async function enter(name: string) {
  const connection = await connect(`rtmp://127.0.0.1:${server.listeners[0]?.port}/chat/kitchen`);
  const room = await connection.sharedObject<Room>("room");
  const { data } = room;
  room.onChange(() => console.log(`${name} sees ${data.users?.join(" and ")}, ${data.lines?.at(-1) ?? "silent"}`));
  const api = connection.methodsOf<MethodsOf<typeof chat>>();
  await api.enter(name);
  return { connection, room, api };
}
const [ada, bob] = [await enter("Ada"), await enter("Bob")];
await bob.api.say("hello");
const changes = ada.room.changes();
await bob.connection.close();
for await (const _ of changes) if (ada.room.data.users?.length === 1) break;
await server.drain();
