/** For `rtmps://`, `rtmpts://` and `wss://`. */
export type ClientTlsOptions = {
  /** A PEM file of authorities to trust instead of the system's. */
  readonly caFile?: string;
  /** The same as PEM text. */
  readonly ca?: string;
  /** Accepts any certificate: nobody can listen in, but who is at the other end is unknown. @default false */
  readonly insecure?: boolean;
  /** The name that the certificate must have been made for. @default the URL's host */
  readonly serverName?: string;
};
