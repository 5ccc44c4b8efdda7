import { formatTcUrl, type RtmpUrl } from "../rtmp-url.ts";

/** What is asked for by HTTP: the app as path. User, password and key are not sent; a `#` would end the path. */
export function webSocketUrl(url: RtmpUrl): string {
  return formatTcUrl(url).replaceAll("#", "%23");
}
