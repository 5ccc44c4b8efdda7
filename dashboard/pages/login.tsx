import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { ApiError, describeFailure, hasToken, needsLogin, send } from "../data/api.ts";
import { openLive } from "../data/live.ts";
import { Icon } from "../parts/icon.tsx";

/** Asks for the token that the API wants. The browser keeps a session for it, never the token. */
export function Login(): JSX.Element {
  const [token, setToken] = useState("");
  const [failure, setFailure] = useState("");
  const [isBusy, setIsBusy] = useState(false);
  const signIn = async (event: Event): Promise<void> => {
    event.preventDefault();
    setIsBusy(true);
    try {
      await send("POST", "/session", { token: token.trim() });
      needsLogin.value = false;
      hasToken.value = true;
      openLive();
    } catch (error) {
      const isWrong = error instanceof ApiError && error.status === 401;
      setFailure(isWrong ? "This is not the token." : describeFailure(error));
      setIsBusy(false);
    }
  };
  return (
    <main class="login">
      <form class="panel" onSubmit={(event) => void signIn(event)}>
        <Icon name="wheel" />
        <h1>millrace</h1>
        <p class="quiet">
          This server wants a token before it shows itself. It stands in its configuration, as api.token.
        </p>
        <label class="field">
          Token
          <input
            type="password"
            name="token"
            autocomplete="current-password"
            required
            value={token}
            aria-describedby="login-failure"
            onInput={(event) => setToken(event.currentTarget.value)}
          />
        </label>
        <p id="login-failure" class="failure" role="alert">
          {failure}
        </p>
        <button type="submit" class="primary" disabled={isBusy || token.trim() === ""}>
          Sign in
        </button>
      </form>
    </main>
  );
}
