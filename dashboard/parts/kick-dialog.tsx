import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { describeFailure, send } from "../data/api.ts";
import { encodePart } from "../parse-route.ts";
import { announce } from "./announcer.tsx";
import { Icon } from "./icon.tsx";

type KickButtonProps = {
  /** "Kick the publisher": what the button says, and the dialog asks. */
  readonly label: string;
  /** What then happens, in a sentence. */
  readonly consequence: string;
  /** What is deleted, below `/api/v1`. */
  readonly path: string;
  readonly isSmall?: boolean;
};

const DEFAULT_REASON = "The operator ended this connection.";

/** Ends a publisher or a connection, after it was asked for twice. */
export function KickButton({ label, consequence, path, isSmall = false }: KickButtonProps): JSX.Element {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <>
      <button type="button" class={isSmall ? "kick small" : "kick"} aria-label={label} onClick={() => setIsOpen(true)}>
        <Icon name="kick" />
        {isSmall ? "Kick" : label}
      </button>
      {isOpen && <KickDialog label={label} consequence={consequence} path={path} onClose={() => setIsOpen(false)} />}
    </>
  );
}

type KickDialogProps = Omit<KickButtonProps, "isSmall"> & { readonly onClose: () => void };

function KickDialog({ label, consequence, path, onClose }: KickDialogProps): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const [reason, setReason] = useState(DEFAULT_REASON);
  const [failure, setFailure] = useState("");
  const [isBusy, setIsBusy] = useState(false);
  useEffect(() => dialog.current?.showModal(), []);
  const kick = async (event: Event): Promise<void> => {
    event.preventDefault();
    setIsBusy(true);
    try {
      await send("DELETE", `${path}?reason=${encodePart(reason)}`);
      announce("Done: it was kicked.");
      dialog.current?.close();
    } catch (error) {
      setFailure(describeFailure(error));
      setIsBusy(false);
    }
  };
  return (
    <dialog ref={dialog} aria-labelledby="kick-title" onClose={onClose}>
      <form onSubmit={(event) => void kick(event)}>
        <h2 id="kick-title">{label}?</h2>
        <p>{consequence}</p>
        <label class="field">
          Reason, as it is told to the client and stands in the log
          <input value={reason} maxLength={200} required onInput={(event) => setReason(event.currentTarget.value)} />
        </label>
        <p class="failure" role="alert">
          {failure}
        </p>
        <div class="dialog-buttons">
          <button type="button" onClick={() => dialog.current?.close()}>
            Cancel
          </button>
          <button type="submit" class="danger" disabled={isBusy || reason.trim() === ""}>
            Kick
          </button>
        </div>
      </form>
    </dialog>
  );
}
