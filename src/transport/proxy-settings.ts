import { isIP } from "node:net";
import { AddressList } from "./address-list.ts";

/** An HTTP proxy, reached without TLS. */
export type HttpProxy = {
  /** A name or an address; IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  /** The value of Proxy-Authorization: holds the password. */
  readonly authorization?: string;
};

export type ProxyTarget = {
  /** What the proxy carries: requests, or a tunnel for TLS. */
  readonly scheme: "http" | "https";
  readonly host: string;
  readonly port: number;
};

const DEFAULT_PROXY_PORT = 80;

/**
 * The proxy for a server: the one that the caller set, whatever the server, or what the environment says in
 * `http_proxy`, `https_proxy`, `all_proxy` and `no_proxy`. Undefined for none. Throws a TypeError for one that is no
 * HTTP proxy: going there without it could show what must not be seen.
 */
export function proxyFor(
  target: ProxyTarget,
  setting: string | false | undefined,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): HttpProxy | undefined {
  if (setting === false) return undefined;
  if (setting !== undefined) return parseHttpProxy(setting, "httpProxy");
  const found = environmentProxy(target.scheme, environment);
  if (found === undefined || isLoopback(target.host)) return undefined;
  const exceptions = firstOf(environment, "no_proxy", "NO_PROXY") ?? "";
  return isExcepted(target, exceptions) ? undefined : parseHttpProxy(found.text, found.name);
}

/** `[http://][user[:password]@]host[:port]`. The error names the setting and not its value, which may hold a password. */
export function parseHttpProxy(text: string, settingName: string): HttpProxy {
  const [, scheme = "http", rest = ""] = /^(?:([a-z][a-z0-9+.-]*):\/\/)?(.*)$/is.exec(text.trim()) ?? [];
  if (scheme.toLowerCase() !== "http") {
    throw new TypeError(`${settingName} names a proxy for ${scheme}://, which is not supported. ${ADVICE}`);
  }
  const url = URL.canParse(`http://${rest}`) ? new URL(`http://${rest}`) : undefined;
  if (url === undefined || url.hostname === "" || url.pathname !== "/" || url.search + url.hash !== "") {
    throw new TypeError(`${settingName} is not the address of a proxy. ${ADVICE}`);
  }
  const { username, password, hostname, port } = url;
  return {
    host: withoutBrackets(hostname),
    port: port === "" ? DEFAULT_PROXY_PORT : Number(port),
    ...((username !== "" || password !== "") && { authorization: basicAuthorization(username, password) }),
  };
}

const ADVICE = "Write http://[user:password@]host[:port], or set httpProxy to false for none.";

/**
 * Whether `no_proxy` names the server, as curl reads it: names, which stand for all that end in them too, addresses,
 * networks such as 10.0.0.0/8, each of them with a port or without, and `*` for everything.
 */
export function isExcepted({ host, port }: Pick<ProxyTarget, "host" | "port">, exceptions: string): boolean {
  const name = host.toLowerCase().replace(/\.$/, "");
  return exceptions
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((entry) => entry !== "")
    .some((entry) => isNamed(name, port, entry));
}

function isNamed(name: string, port: number, entry: string): boolean {
  if (entry === "*") return true;
  const { host, port: entryPort } = splitEntry(entry);
  if (entryPort !== undefined && entryPort !== port) return false;
  if (isIP(name) !== 0) return isInNetwork(name, host);
  // `.example.org` and `*.example.org` mean what `example.org` means.
  const suffix = host.replace(/^\*?\./, "").replace(/\.$/, "");
  return suffix !== "" && (name === suffix || name.endsWith(`.${suffix}`));
}

function isInNetwork(address: string, entry: string): boolean {
  try {
    return new AddressList([entry]).has(address);
  } catch {
    return false; // a name, or nonsense
  }
}

/** `host:port`, `[address]:port`, or a host alone; an IPv6 address without brackets has no port. */
function splitEntry(entry: string): { readonly host: string; readonly port?: number } {
  const [, inBrackets, plain, digits] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(entry) ?? [];
  const host = inBrackets ?? plain ?? entry;
  return digits === undefined ? { host } : { host, port: Number(digits) };
}

function environmentProxy(
  scheme: ProxyTarget["scheme"],
  environment: Readonly<Record<string, string | undefined>>,
): { readonly text: string; readonly name: string } | undefined {
  // HTTP_PROXY does not count: where requests become environments (CGI), whoever asks could set it by a header "Proxy".
  const names = scheme === "http" ? ["http_proxy"] : ["https_proxy", "HTTPS_PROXY"];
  const all = [...names, "all_proxy", "ALL_PROXY"];
  const name = all.find((candidate) => (environment[candidate] ?? "").trim() !== "");
  return name === undefined ? undefined : { name, text: environment[name] ?? "" };
}

function firstOf(environment: Readonly<Record<string, string | undefined>>, ...names: string[]): string | undefined {
  return names.map((name) => environment[name]).find((value) => value !== undefined);
}

/** No proxy reaches the machine that we run on. */
function isLoopback(host: string): boolean {
  return isExcepted({ host, port: 0 }, "localhost,127.0.0.0/8,::1");
}

function basicAuthorization(user: string, password: string): string {
  return `Basic ${Buffer.from(`${decoded(user)}:${decoded(password)}`).toString("base64")}`;
}

/** Text with a stray percent sign is taken as it is. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function withoutBrackets(host: string): string {
  return host.replace(/^\[(.*)\]$/, "$1");
}
