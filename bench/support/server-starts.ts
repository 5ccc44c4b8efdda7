import { join } from "node:path";
import type { Flush, Server } from "../scenarios/scenario.ts";

/** How to start a server in the foreground. `{port}` and `{folder}`, a new folder of the run, stand for what it gets. */
export type ServerStart = {
  readonly command: readonly string[];
  /** Written into the folder before. */
  readonly files: Readonly<Record<string, string>>;
  /** What it serves is made by this program, which is not measured: what is published goes there, to `{publishPort}`. */
  readonly companion?: readonly string[];
};

export type ServerPrograms = {
  /** The checkout whose server is measured, and another to compare it with. */
  readonly checkout: string;
  readonly otherCheckout: string | undefined;
  readonly node: string;
  readonly floor: string;
  readonly nodeSink: string;
  readonly hlsFiles: string;
  /** Undefined where it is not there, or is not asked for. */
  readonly nginx: { readonly file: string; readonly module: string } | undefined;
  readonly srs: { readonly file: string } | undefined;
};

export type StartOptions = {
  /** Of millrace: the option `--workers`, and further ones of `serve` and of Node. */
  readonly workers: string | undefined;
  readonly nodeOptions: readonly string[];
  /** The media that a floor sends. */
  readonly clip: string;
};

/** Returns undefined where its program is not there. */
export function serverStart(server: Server, programs: ServerPrograms, options: StartOptions): ServerStart | undefined {
  switch (server.program) {
    case "millrace": {
      const checkout = server.isOther ? programs.otherCheckout : programs.checkout;
      return checkout === undefined
        ? undefined
        : { command: millraceCommand(checkout, server.settings, programs.node, options), files: {} };
    }
    case "nginx":
      return programs.nginx && { command: nginxCommand(programs.nginx.file), files: nginxFiles(programs.nginx.module) };
    case "nginx-files":
      return (
        programs.nginx && {
          command: nginxCommand(programs.nginx.file),
          files: { "nginx.conf": NGINX_FILES_CONFIGURATION },
          companion: [programs.node, programs.hlsFiles, "{publishPort}", "{folder}/files"],
        }
      );
    case "srs":
      return programs.srs && srsStart(programs.srs.file, server.configuration);
    case "floor":
      return {
        command: [programs.floor, "-p", "{port}", "-f", options.clip, ...floorFlush(server.flush)],
        files: {},
      };
    case "sink":
      return { command: [programs.floor, "-p", "{port}", "-s"], files: {} };
    case "node-sink":
      return { command: [programs.node, programs.nodeSink, "{port}"], files: {} };
    default:
      return server satisfies never;
  }
}

/** What tables call it. */
export function serverTitle(server: Server): string {
  switch (server.program) {
    case "millrace":
      return [server.isOther ? "other millrace" : "millrace", ...Object.values(server.settings)].join(" ");
    case "nginx":
      return "nginx-rtmp";
    case "nginx-files":
      return "nginx, files";
    case "srs":
      return server.configuration === "default" ? "SRS" : "SRS realtime.conf";
    case "floor":
      return `C floor, ${floorTitle(server.flush)}`;
    case "sink":
      return "C sink";
    case "node-sink":
      return "Node sink";
    default:
      return server satisfies never;
  }
}

/** What `npm start` and the workers of a pool run with. */
const NPM_START_OPTIONS = ["--max-semi-space-size=4"];

function millraceCommand(
  checkout: string,
  settings: Readonly<Record<string, string | number>>,
  node: string,
  options: StartOptions,
): string[] {
  return [
    node,
    ...NPM_START_OPTIONS,
    ...options.nodeOptions,
    join(checkout, "bin", "millrace.js"),
    ...["serve", "--listen", "127.0.0.1:{port}", "--log-level", "error"],
    ...Object.entries(settings).flatMap(([key, value]) => ["--set", `${key}=${value}`]),
    ...(options.workers === undefined ? [] : ["--workers", options.workers]),
  ];
}

function nginxCommand(file: string): string[] {
  return [file, "-p", "{folder}", "-c", "nginx.conf", "-e", "stderr"];
}

function nginxFiles(module: string): Record<string, string> {
  const configuration = `
daemon off;
worker_processes 1;
load_module ${module};
error_log stderr error;
pid nginx.pid;
events { worker_connections 8192; }
rtmp {
  access_log off;
  server {
    listen 127.0.0.1:{port};
    application live { live on; }
  }
}
`;
  return { "nginx.conf": configuration };
}

/** Run by root it must be let into the folder of the run. */
const NGINX_FILES_CONFIGURATION = `
daemon off;
user root;
worker_processes 1;
error_log stderr error;
pid nginx.pid;
events { worker_connections 8192; }
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000;
  types { application/vnd.apple.mpegurl m3u8; video/mp4 mp4 m4s; }
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  server {
    listen 127.0.0.1:{port};
    root {folder}/files;
    location ~ [.]m3u8$ { add_header Cache-Control no-cache; }
  }
}
`;

/** Everything that has to do with HTTP is off. What differs is what SRS's own realtime.conf has. */
function srsStart(file: string, configuration: "default" | "realtime"): ServerStart {
  const realtime =
    "tcp_nodelay on; min_latency on; play { gop_cache off; queue_length 10; mw_latency 100; } publish { mr off; }";
  const text = `
listen 127.0.0.1:{port};
max_connections 8000;
daemon off;
srs_log_tank file;
srs_log_file {folder}/srs.log;
srs_log_level error;
pid {folder}/srs.pid;
http_api { enabled off; }
http_server { enabled off; }
heartbeat { enabled off; }
stats { enabled off; }
vhost __defaultVhost__ {
  hls { enabled off; }
  http_remux { enabled off; }
  rtc { enabled off; }
  ${configuration === "realtime" ? realtime : ""}
}
`;
  return { command: [file, "-c", "{folder}/srs.conf"], files: { "srs.conf": text } };
}

/** Audio waits at most 50 ms for the next video frame. */
function floorFlush(flush: Flush): string[] {
  if (flush === "video") return ["-v", "-b", "50"];
  return ["-b", flush === "instant" ? "0" : `${flush}`];
}

function floorTitle(flush: Flush): string {
  if (flush === "video") return "at each video frame";
  return flush === "instant" ? "each message" : `every ${flush} ms`;
}
