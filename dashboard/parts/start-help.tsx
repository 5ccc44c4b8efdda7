import type { JSX } from "preact";
import { server } from "../data/live.ts";
import { publishServer, testPictureLine } from "../urls.ts";
import { CopyLine } from "./copy-button.tsx";

const APP = "live";
const KEY = "test";

/** What to do while nothing is published: the three ways to the first picture. */
export function StartHelp(): JSX.Element {
  const address = publishServer(APP, server.value?.waysIn, location);
  return (
    <section class="start-help" aria-labelledby="start-help">
      <div class="start-intro">
        <h2 id="start-help">Nothing is on the air yet</h2>
        <p>Send something, and it shows up here within a second. Any of these will do:</p>
      </div>
      <div class="start-ways">
        <article class="panel">
          <h3>OBS Studio</h3>
          <ol>
            <li>
              Open <em>Settings → Stream</em>.
            </li>
            <li>
              Service: <em>Custom…</em>
            </li>
          </ol>
          <CopyLine title="Server" text={address} />
          <CopyLine title="Stream key" text={KEY} hint="any name you like" />
          <p class="quiet">
            In <em>Output</em>, set the keyframe interval to 2 s: viewers then start at once.
          </p>
        </article>
        <article class="panel">
          <h3>FFmpeg</h3>
          <p class="quiet">A moving test picture with a tone:</p>
          <CopyLine title="Test picture" text={testPictureLine(address, KEY)} />
        </article>
        <article class="panel">
          <h3>No encoder at hand</h3>
          <p class="quiet">The package brings a clip; this serves and publishes it, over and over:</p>
          <CopyLine title="Demo" hint="instead of the server that runs now" text="npx millrace demo" />
        </article>
      </div>
    </section>
  );
}
