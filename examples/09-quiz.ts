/**
 * A live quiz: the server asks all players at once, waits for their answers, and tells everybody who leads.
 * Usage: node examples/09-quiz.ts [port]
 */
import {
  application,
  type ClientMethodsOf,
  clientMethods,
  connect,
  createMediaServer,
  type MethodsOf,
  method,
} from "millrace";
import { z } from "zod";

type Quiz = {
  state: { name: string; points: number };
  clientMethods: { ask(question: string, choices: string[]): number; show(line: string): void };
};

const quiz = application<Quiz>("quiz", { state: () => ({ name: "somebody", points: 0 }) }).methods({
  enter: method([z.string().min(1).max(20)], (client, name) => {
    client.state.name = name;
    client.instance.notifyOthers(client, "show", `${name} plays too`);
  }),
});

const port = Number(process.argv[2] ?? 0);
const server = createMediaServer({ listen: [{ host: "127.0.0.1", port }], applications: [quiz] });
await server.start();
// Most often programs of their own, here or in browsers.
const players = new Map<string, (choices: string[]) => number>([
  ["Ada", (choices) => choices.indexOf("AMF")],
  ["Bob", () => 0],
]);
for (const [name, choose] of players) {
  const connection = await connect(`rtmp://127.0.0.1:${server.listeners[0]?.port}/quiz`, {
    methods: clientMethods<ClientMethodsOf<typeof quiz>>({
      ask: (_question, choices) => choose(choices),
      show: (line) => console.log(`${name} reads: ${line}`),
    }),
  });
  await connection.methodsOf<MethodsOf<typeof quiz>>().enter(name);
}

async function askAll(question: string, choices: string[], right: number): Promise<void> {
  const answers = Array.from(quiz.clients, async (client) => {
    // Whoever answers nonsense, or not in time, gets no point.
    const choice = await client.callWith({ result: z.int(), timeoutMs: 5000 }, "ask", question, choices);
    if (choice === right) client.state.points++;
  });
  await Promise.allSettled(answers);
}
await askAll("What do remote calls travel in?", ["XML", "AMF", "JSON"], 1);
await askAll("What comes first?", ["the handshake", "AMF"], 0);
const points = Array.from(quiz.clients, ({ state }) => `${state.name} ${state.points}`);
quiz.notifyAll("show", `the points: ${points.join(", ")}`);
await server.drain();
