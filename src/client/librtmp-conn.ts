import { type AmfEncodable, AmfObject, type AmfValue } from "../formats/amf/amf-value.ts";

/** An object that is being read, and what it is called in the one around it. */
type OpenObject = { readonly name: string | undefined; readonly members: [string, AmfValue][] };

/**
 * The values of librtmp's `conn=`: `B:1`, `N:1.5`, `S:text`, `Z:`, and `O:1` to `O:0` around members with names: `NB:name:1`,
 * `NN:…`, `NS:…`, `NZ:…`, and `NO:name:1` for an object inside. A TypeError for what is none of these.
 */
export function parseConnOptions(texts: readonly string[]): AmfEncodable[] {
  const values: AmfValue[] = [];
  const open: OpenObject[] = [];
  const add = (value: AmfValue, name: string | undefined, text: string): void => {
    const around = open.at(-1);
    if ((around === undefined) !== (name === undefined)) {
      throw new TypeError(`conn=${text}: members of objects have names, as in conn=NS:name:text, and nothing else has`);
    }
    if (name === undefined) values.push(value);
    else around?.members.push([name, value]);
  };
  for (const text of texts) {
    const { type, name, data } = parseConn(text);
    if (type !== "O") add(scalarOf(type, data, text), name, text);
    else if (data !== "0") open.push({ name, members: [] });
    else close(open, add, text);
  }
  if (open.length > 0) throw new TypeError("conn=O:1 without conn=O:0");
  return values;
}

function parseConn(text: string): { readonly type: string; readonly name: string | undefined; readonly data: string } {
  const [, type = "", data = ""] = /^([BNSOZ]):(.*)$/s.exec(text) ?? [];
  if (type !== "") return { type, name: undefined, data };
  const [, named = "", name = "", value = ""] = /^N([BNSOZ]):([^:]+):?(.*)$/s.exec(text) ?? [];
  if (named !== "") return { type: named, name, data: value };
  throw new TypeError(`conn=${text}: write B:, N:, S:, O: or Z:, with N and a name in front inside an object`);
}

function scalarOf(type: string, data: string, text: string): AmfValue {
  if (type === "S") return data;
  if (type === "Z") return null;
  const value = Number(data);
  if (data.trim() === "" || Number.isNaN(value)) throw new TypeError(`conn=${text}: ${data} is no number`);
  return type === "B" ? value !== 0 : value;
}

function close(
  open: OpenObject[],
  add: (value: AmfValue, name: string | undefined, text: string) => void,
  text: string,
): void {
  const object = open.pop();
  if (object === undefined) throw new TypeError("conn=O:0 without conn=O:1");
  add(new AmfObject(object.members), object.name, text);
}
