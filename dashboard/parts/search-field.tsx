import type { JSX } from "preact";
import { Icon } from "./icon.tsx";

type SearchFieldProps = { readonly label: string; readonly value: string; readonly onValue: (value: string) => void };

/** `/` goes to it from anywhere on the page, Escape empties it. */
export function SearchField({ label, value, onValue }: SearchFieldProps): JSX.Element {
  return (
    <label class="search">
      <span class="visually-hidden">{label}</span>
      <Icon name="search" />
      <input
        type="search"
        placeholder={label}
        value={value}
        spellcheck={false}
        autocomplete="off"
        onInput={(event) => onValue(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape") onValue("");
        }}
      />
      <span class="key" aria-hidden="true">
        /
      </span>
    </label>
  );
}

/** Lets `/` reach the search field of whatever page is shown. */
export function startSearchKey(): void {
  addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    const field = document.querySelector<HTMLInputElement>("main .search input");
    if (field === null) return;
    event.preventDefault();
    field.focus();
    field.select();
  });
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.closest("input, textarea, select, dialog") !== null || target.isContentEditable)
  );
}
