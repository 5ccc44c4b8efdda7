import type { JSX } from "preact";
import type { HealthLevel, HealthReport } from "../../src/broadcast/health/health-report.ts";
import { HEALTH_WORDS } from "../words.ts";
import { Icon } from "./icon.tsx";

/** A sign and a word: the colour only underlines them. */
export function HealthBadge({ level }: { readonly level: HealthLevel | "unknown" }): JSX.Element {
  return (
    <span class="health" data-level={level}>
      <Icon name={level} />
      {HEALTH_WORDS[level]}
    </span>
  );
}

/** The sentence of the doctor, in the room of two lines; whole while its card is pointed at or has the focus. */
export function HealthLine({ health }: { readonly health: HealthReport | undefined }): JSX.Element {
  const level = health?.level ?? "unknown";
  const text = health?.verdict ?? "Nothing was published here yet.";
  return (
    <div class="health-room">
      <p class="health-line" data-level={level}>
        <Icon name={level} />
        <span>
          <span class="visually-hidden">{HEALTH_WORDS[level]}: </span>
          {text}
        </span>
      </p>
    </div>
  );
}
