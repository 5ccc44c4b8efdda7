import { effect, signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { events, link } from "../data/live.ts";
import { plainText } from "../words.ts";

const said = signal("");
/** Screen readers are not talked at more often than this. */
const PAUSE_MS = 5000;

/** Tells whoever listens to the page, politely. */
export function announce(text: string): void {
  // The same words twice are only read again when they differ.
  said.value = said.peek() === text ? `${text}\u00a0` : text;
}

/** Where the page tells of what changed by itself: lost connections, warnings and errors, nothing that moves each second. */
export function Announcer(): JSX.Element {
  useEffect(() => announceEvents(), []);
  return (
    <div class="visually-hidden" role="status" aria-live="polite">
      {said.value}
    </div>
  );
}

function announceEvents(): () => void {
  let lastMs = Number.POSITIVE_INFINITY;
  let quietUntilMs = 0;
  let wasLost = false;
  return effect(() => {
    const newest = events.value.at(-1);
    const isLost = link.value === "lost";
    if (isLost !== wasLost && link.value !== "connecting") {
      announce(isLost ? "The connection to the server is lost." : "The connection to the server is back.");
      wasLost = isLost;
    }
    if (newest === undefined) return;
    if (newest.atMs > lastMs && newest.level !== "info" && Date.now() >= quietUntilMs) {
      quietUntilMs = Date.now() + PAUSE_MS;
      announce(plainText(newest.text));
    }
    lastMs = newest.atMs;
  });
}
