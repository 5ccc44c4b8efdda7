/**
 * Remote calls with types: a calculator that checks what it is given, and a program that calls it.
 * Usage: node examples/08-calculator.ts [port]
 */
import {
  application,
  CallError,
  connect,
  createMediaServer,
  type MethodsOf,
  method,
  rest,
  StatusError,
} from "millrace";
import { z } from "zod";

const calculator = application("calculator", {
  methods: {
    add: method([z.number(), z.number()], (_client, a, b) => a + b),
    divide: method([z.number(), z.number()], (_client, a, b) => {
      if (b === 0) throw new CallError({ code: "Calculator.Zero", description: "Nothing can be divided by zero." });
      return a / b;
    }),
    statistics: {
      mean: method([z.number(), rest(z.number())], (_client, ...all) => all.reduce((a, b) => a + b, 0) / all.length),
    },
  },
});

const server = createMediaServer({
  listen: [{ host: "127.0.0.1", port: Number(process.argv[2] ?? 0) }],
  applications: [calculator],
});
await server.start();

// Most often in another program, which imports only the type: MethodsOf<typeof calculator>.
const connection = await connect(`rtmp://127.0.0.1:${server.listeners[0]?.port}/calculator`);
const api = connection.methodsOf<MethodsOf<typeof calculator>>();
console.log("1 + 2 =", await api.add(1, 2));
console.log("the mean of 1, 2 and 6 is", await api.statistics.mean(1, 2, 6));
const refusal: unknown = await api.divide(1, 0).catch((error: unknown) => error);
if (refusal instanceof StatusError) console.log("1 / 0:", refusal.code, refusal.description);
// The compiler would refuse api.add("1", 2); who speaks without types is told by the server.
const answer: unknown = await connection.call("add", "1", 2).catch((error: unknown) => error);
if (answer instanceof StatusError) console.log('"1" + 2:', answer.description);

await connection.close();
await server.drain();
