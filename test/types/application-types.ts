/**
 * What the compiler must take, and, below each @ts-expect-error, what it must refuse. application-types.test.ts compiles
 * this file as it is, and once more without those comments.
 */
import {
  type Application,
  application,
  type ClientMethodsOf,
  classAlias,
  clientMethods,
  connect,
  createMediaServer,
  type MethodsOf,
  method,
  rest,
} from "millrace";
import { z } from "zod";

type Shape = {
  state: { name: string };
  instanceState: { lines: string[] };
  clientMethods: { show(from: string, text: string): void; ask(question: string): number };
};

const chat = application<Shape>("chat", {
  state: () => ({ name: "" }),
  instanceState: () => ({ lines: [] }),
  onConnect: (client, word) => (word === client.state.name ? undefined : { allow: false, reason: "No." }),
}).methods({
  add: method([z.number(), z.number().optional()], (_, a, b) => a + (b ?? 0)),
  length: method([z.string().transform((text) => text.length)], async (_, length) => length),
  say: method([z.string()], (client, text) => {
    client.instance.state.lines.push(text);
    client.instance.notifyOthers(client, "show", client.state.name, text);
  }),
  rooms: { list: method([z.boolean(), rest(z.string())], (_, isOpen, ...names) => ({ isOpen, names })) },
  raw: method((_, ...values) => values.length),
  fails: method([z.string()], (client, text) => {
    // @ts-expect-error: the argument is a string
    const number: number = text;
    // @ts-expect-error: there is no such state
    client.state.age = number;
    // @ts-expect-error: the client has no such method
    client.notify("hide");
    // @ts-expect-error: its method takes two texts
    client.notify("show", "x");
    // @ts-expect-error: its method returns a number
    const answer: Promise<string> = client.call("ask", "?");
    return answer;
  }),
});

export async function useChat(url: string): Promise<void> {
  const methods = clientMethods<ClientMethodsOf<typeof chat>>({
    show: (from, text) => console.log(from.length, text.length),
    ask: async (question) => question.length,
  });
  const connection = await connect(url, { methods });
  const api = connection.methodsOf<MethodsOf<typeof chat>>();

  const sum: number = await api.add(1, 2);
  const one: number = await api.add(1);
  const length: number = await api.length("abc");
  const nothing: Promise<void> = api.say("hello");
  const { isOpen, names }: { isOpen: boolean; names: string[] } = await api.rooms.list(true, "a", "b");
  const count: number = await api.raw(1, "x", null);
  console.log(sum, one, length, nothing, isOpen, names, count);

  // @ts-expect-error: there is no such method
  await api.substract(1, 2);
  // @ts-expect-error: there is none in rooms either
  await api.rooms.count();
  // @ts-expect-error: an argument of a wrong type
  await api.add("1", 2);
  // @ts-expect-error: too few arguments
  await api.add();
  // @ts-expect-error: too many arguments
  await api.add(1, 2, 3);
  // @ts-expect-error: what is given is a text, though the method gets a number
  await api.length(3);
  // @ts-expect-error: a wrong argument of the rest
  await api.rooms.list(true, "a", 5);
  // @ts-expect-error: a result of a wrong type
  const text: string = await api.add(1, 2);
  // @ts-expect-error: a result is a promise
  const now: number = api.add(1, 2);
  console.log(text, now);

  // @ts-expect-error: a method is missing
  clientMethods<ClientMethodsOf<typeof chat>>({ show: () => undefined });
  clientMethods<ClientMethodsOf<typeof chat>>({
    show: () => undefined,
    // @ts-expect-error: a result of a wrong type
    ask: () => "many",
  });
  clientMethods<ClientMethodsOf<typeof chat>>({
    // @ts-expect-error: an argument of a wrong type
    show: (from: number) => console.log(from),
    ask: () => 5,
  });
}

export async function useClients(): Promise<void> {
  createMediaServer({ applications: [chat, application("calculator", { methods: { one: method([], () => 1) } })] });
  chat.notifyAll("show", "server", "hello");
  for (const client of chat.clients) {
    const answer: number = await client.call("ask", "?");
    const checked: bigint = await client.callWith({ result: z.number().transform(BigInt) }, "ask", "?");
    console.log(answer, checked);
  }
  // @ts-expect-error: clients have no such method
  chat.notifyAll("hide");
  // @ts-expect-error: its arguments are texts
  chat.instance("room")?.notify("show", 1, 2);
  // @ts-expect-error: the state has to be made
  application<Shape>("chat", {});
  application<Shape>("chat", {
    state: () => ({ name: "" }),
    instanceState: () => ({ lines: [] }),
    // @ts-expect-error: methods behind a shape are added by methods()
    methods: { one: method([], () => 1) },
  });
  // @ts-expect-error: a method is made by method()
  application("plain", { methods: { one: () => 1 } });
  // @ts-expect-error: handlers do not choose other types than their schemas
  method([z.string()], (_, text: number) => text);
}

class Point {
  x = 0;
}
classAlias("Point", Point, ["x"]);
// @ts-expect-error: a member that the class does not have
classAlias("Point", Point, ["z"]);

/** Without a shape, clients take any call, and its result is to be checked. */
export async function useAnyClient(plain: Application): Promise<void> {
  plain.notifyAll("anything", 1, "x");
  for (const client of plain.clients) {
    const answer: unknown = await client.call("anything", new Date());
    // @ts-expect-error: nobody knows what it is
    const text: string = await client.call("anything");
    console.log(answer, text);
  }
}

type Board = { topic: string; votes: number[] };

/** Slots have the types that both sides agree on. */
export async function useSharedObjects(): Promise<void> {
  const server = createMediaServer({ sharedObjects: { mayWrite: ({ app, name }) => app === name } });
  const own = await server.sharedObject<Board>("chat", "board", { isPersistent: true });
  const topic: string | undefined = own.get("topic");
  own.onChange((changes, by) => console.log(changes[0]?.key === "votes", by?.id, topic));
  // @ts-expect-error: a slot of another type
  own.set("topic", 5);
  // @ts-expect-error: no such slot
  own.delete("title");
  // @ts-expect-error: it is read only
  own.data.topic = "x";
  const connection = await connect("rtmp://127.0.0.1/chat");
  const board = await connection.sharedObject<Board>("board", { handlers: { ring: (times: number) => times } });
  board.set("votes", [1, 2]);
  // @ts-expect-error: it may not be there
  const votes: number[] = board.data.votes;
  // @ts-expect-error: a slot of another type
  board.set("votes", "many");
  for await (const changes of board.changes()) {
    // @ts-expect-error: no such slot
    if (changes[0]?.key === "title") console.log(votes);
  }
  const anything = await connection.sharedObject("anything");
  anything.set("x", { y: [1, "z", new Date(), null] });
  // @ts-expect-error: nobody knows what it is
  anything.data["x"].y();
}
