import type { JSX } from "preact";
import { render } from "preact";
import { needsLogin } from "./data/api.ts";
import { startLive } from "./data/live.ts";
import { BroadcastPage } from "./pages/broadcast.tsx";
import { ConnectionsPage } from "./pages/connections.tsx";
import { EventsPage } from "./pages/events.tsx";
import { Login } from "./pages/login.tsx";
import { Overview } from "./pages/overview.tsx";
import { ServerPage } from "./pages/server.tsx";
import { Announcer } from "./parts/announcer.tsx";
import { startSearchKey } from "./parts/search-field.tsx";
import { PageTitle, Shell } from "./parts/shell.tsx";
import { route, startRoutes } from "./route.ts";
import { startTheme } from "./theme.ts";

startTheme();
startRoutes();
startSearchKey();
startLive();
const holder = document.getElementById("app");
if (holder !== null) render(<App />, holder);

function App(): JSX.Element {
  return (
    <>
      {needsLogin.value ? (
        <Login />
      ) : (
        <Shell>
          <Page />
        </Shell>
      )}
      <Announcer />
    </>
  );
}

function Page(): JSX.Element {
  const shown = route.value;
  switch (shown.page) {
    case "overview":
      return <Overview />;
    case "broadcast":
      return <BroadcastPage key={shown.name} name={shown.name} />;
    case "connections":
      return <ConnectionsPage />;
    case "events":
      return <EventsPage />;
    case "server":
      return <ServerPage />;
    case "unknown":
      return (
        <>
          <PageTitle title="There is no such page" />
          <p>
            Perhaps an old link. <a href="#/">To the overview</a>
          </p>
        </>
      );
  }
}
