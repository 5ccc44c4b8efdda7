import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { announce } from "./announcer.tsx";
import { Icon } from "./icon.tsx";

const SHOWN_MS = 1800;

/** Puts a text on the clipboard; `of` says what it is, to whoever does not see the text beside it. */
export function CopyButton({ text, of }: { readonly text: string; readonly of: string }): JSX.Element {
  const [isCopied, setIsCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => setIsCopied(false), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [isCopied]);
  const onClick = async (): Promise<void> => {
    const isDone = await copy(text);
    setIsCopied(isDone);
    announce(isDone ? `Copied ${of}` : "The browser did not let it be copied");
  };
  return (
    <button
      type="button"
      class="copy"
      data-done={isCopied}
      aria-label={`Copy ${of}`}
      title={`Copy ${of}`}
      onClick={() => void onClick()}
    >
      <Icon name={isCopied ? "check" : "copy"} />
    </button>
  );
}

/** A line to copy, with its button. */
export function CopyLine(props: {
  readonly title: string;
  readonly hint?: string;
  readonly text: string;
}): JSX.Element {
  const { title, hint, text } = props;
  return (
    <div class="copy-line">
      <div class="copy-title">
        <span>{title}</span>
        {hint !== undefined && <small>{hint}</small>}
      </div>
      <div class="copy-text">
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a long line scrolls, by keyboard too */}
        <code tabIndex={0}>{text}</code>
        <CopyButton text={text} of={title} />
      </div>
    </div>
  );
}

/** The clipboard of today is for safe contexts only, and the page is often reached by plain HTTP from another machine. */
async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

function copyBySelection(text: string): boolean {
  const before = document.activeElement;
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "visually-hidden";
  document.body.append(area);
  area.select();
  const isDone = document.execCommand("copy");
  area.remove();
  if (before instanceof HTMLElement) before.focus();
  return isDone;
}
