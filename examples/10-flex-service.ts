/**
 * Messaging as Flex clients know it: a service whose methods they call, and a topic with subtopics and selectors.
 * Usage: node examples/10-flex-service.ts [port]
 */
import { connectFlex, createMediaServer, FlexFault, type FlexServiceOf, messaging, method, remoting } from "millrace";
import { z } from "zod";

const prices = new Map([["ADBE", 12.5]]);
const stocks = remoting({
  price(symbol: string): number {
    const price = prices.get(symbol);
    if (price === undefined) throw new FlexFault({ code: "Stocks.Unknown", description: `Nobody knows ${symbol}.` });
    return price;
  },
  set: method([z.string().min(1), z.number().positive()], (_caller, symbol, price) => {
    prices.set(symbol, price);
    return quotes.publish({ symbol, price }, { subtopic: `stocks.${symbol}`, headers: { symbol, price } });
  }),
});
const quotes = messaging({ selectors: true, mayPublish: () => false });

const server = createMediaServer({
  listen: [{ host: "127.0.0.1", port: Number(process.argv[2] ?? 0) }],
  flex: { destinations: { stocks, quotes }, login: (user, password) => user === "broker" && password === "s3cret" },
});
await server.start();

// A program in Flex or AIR does the same with Consumer and RemoteObject, by RTMP or http://HOST:PORT/messagebroker/amf.
const credentials = { user: "broker", password: "s3cret" };
const channel = await connectFlex(`rtmp://127.0.0.1:${server.listeners[0]?.port}`, { credentials });
const service = channel.service<FlexServiceOf<typeof stocks>>("stocks").methods;
console.log("ADBE is at", await service.price("ADBE"));
const refusal: unknown = await service.price("NONE").catch((error: unknown) => error);
if (refusal instanceof FlexFault) console.log("NONE:", refusal.code, refusal.description);

const dear = await channel.subscribe("quotes", { subtopic: "stocks.*", selector: "price > 20 AND symbol LIKE 'A%'" });
for (const price of [15, 21, 19, 30]) await service.set("ADBE", price);
await service.set("MACR", 40);
let heard = 0;
for await (const { headers, subtopic } of dear) {
  console.log(`${subtopic} rose to ${headers.get("price")}`);
  if (++heard === 2) break;
}
await channel.close();
await server.drain();
