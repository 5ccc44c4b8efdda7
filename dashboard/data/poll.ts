import { useEffect, useState } from "preact/hooks";
import { describeFailure, getJson } from "./api.ts";

export type Polled<Body> = { readonly body?: Body; readonly failure?: string };

/** Gets a path again and again while the page is visible. The last answer stays when one fails. */
export function usePolled<Body>(path: string, everyMs: number): Polled<Body> {
  const [polled, setPolled] = useState<Polled<Body>>({});
  useEffect(() => {
    const abort = new AbortController();
    let timer: number | undefined;
    const poll = async (): Promise<void> => {
      try {
        if (!document.hidden) setPolled({ body: await getJson<Body>(path, abort.signal) });
      } catch (error) {
        if (!abort.signal.aborted) setPolled((before) => ({ ...before, failure: describeFailure(error) }));
      }
      if (!abort.signal.aborted) timer = setTimeout(() => void poll(), everyMs);
    };
    setPolled({});
    void poll();
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [path, everyMs]);
  return polled;
}
