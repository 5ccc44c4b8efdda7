import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { describeFailure, hasToken, needsLogin, send } from "../data/api.ts";
import { closeLive, link, retryNow, server } from "../data/live.ts";
import { route } from "../route.ts";
import { nextTheme, theme } from "../theme.ts";
import { announce } from "./announcer.tsx";
import { Icon, type IconName } from "./icon.tsx";

const LINKS: readonly (readonly [page: string, href: string, label: string, icon: IconName])[] = [
  ["overview", "#/", "Overview", "overview"],
  ["connections", "#/connections", "Connections", "connections"],
  ["events", "#/events", "Events", "events"],
  ["server", "#/server", "Server", "server"],
];

/** What stands around every page. */
export function Shell({ children }: { readonly children: ComponentChildren }): JSX.Element {
  const shown = route.value.page === "broadcast" ? "overview" : route.value.page;
  return (
    <>
      {/* biome-ignore lint/a11y/useValidAnchor: the address belongs to the router, so only the focus moves */}
      <a class="skip" href="#main" onClick={skipToMain}>
        Skip to the content
      </a>
      <header class="top">
        <a class="brand" href="#/" aria-label="millrace, to the overview">
          <Icon name="wheel" />
          millrace
        </a>
        <nav class="main-nav" aria-label="Pages">
          {LINKS.map(([page, href, label, icon]) => (
            <a key={page} href={href} aria-current={page === shown ? "page" : undefined}>
              <Icon name={icon} />
              <span>{label}</span>
            </a>
          ))}
        </nav>
        <div class="top-end">
          <LinkBadge />
          {hasToken.value && (
            <button type="button" class="plain" onClick={() => void signOut()} aria-label="Sign out" title="Sign out">
              <Icon name="leave" />
            </button>
          )}
          <button
            type="button"
            class="plain"
            onClick={nextTheme}
            aria-label={`Colours: ${theme.value}`}
            title={`Colours: ${theme.value}`}
          >
            <Icon name={theme.value === "auto" ? "auto" : theme.value === "light" ? "sun" : "moon"} />
          </button>
        </div>
      </header>
      {link.value === "lost" && (
        <div class="lost">
          <Icon name="warning" />
          <span>The connection to the server is lost. What you see is how it last was; the page keeps trying.</span>
          <button type="button" onClick={retryNow}>
            Try now
          </button>
        </div>
      )}
      <main id="main" tabIndex={-1}>
        {children}
      </main>
      <footer class="foot">
        millrace {server.value?.version ?? ""} · <a href="/openapi.json">API</a> · <a href="/metrics">Metrics</a>
      </footer>
    </>
  );
}

/** The heading of a page: it takes the focus when the page comes, so that reading goes on there. */
export function PageTitle({
  title,
  children,
}: {
  readonly title: string;
  readonly children?: ComponentChildren;
}): JSX.Element {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    const isFirst = document.title === "millrace";
    document.title = `${title} · millrace`;
    scrollTo(0, 0);
    if (!isFirst) heading.current?.focus({ preventScroll: true });
  }, [title]);
  return (
    <div class="page-title">
      <h1 ref={heading} tabIndex={-1}>
        {title}
      </h1>
      {children}
    </div>
  );
}

const LINK_WORDS = { connecting: "Connecting", live: "Connected", lost: "Connection lost" } as const;

function LinkBadge(): JSX.Element {
  const kind = link.value;
  return (
    <span class="link-badge" data-kind={kind} title={LINK_WORDS[kind]}>
      <span class="dot" />
      <span class="link-words">{LINK_WORDS[kind]}</span>
    </span>
  );
}

async function signOut(): Promise<void> {
  try {
    await send("DELETE", "/session");
    closeLive();
    needsLogin.value = true;
  } catch (error) {
    announce(describeFailure(error));
  }
}

function skipToMain(event: Event): void {
  event.preventDefault();
  document.getElementById("main")?.focus();
}
