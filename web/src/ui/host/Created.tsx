/** People were invited: one link for each person. They are shown here once. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";

import { Frame } from "../parts/Frame.tsx";
import { Heading } from "../parts/Heading.tsx";
import { Status } from "../parts/Live.tsx";
import type { Invitations } from "./api.ts";
import { toCsv } from "./people.ts";

interface Props {
  title: string;
  call: Invitations;
  onBack: () => void;
}

export function Created({ title, call, onBack }: Props): JSX.Element {
  const [said, setSaid] = useState("");
  const copy = (name: string, text: string): void => {
    navigator.clipboard.writeText(text).then(
      () => {
        setSaid(`Copied the link for ${name}.`);
      },
      () => {
        setSaid("The browser did not let this page copy. Select the link and copy it yourself.");
      },
    );
  };
  return (
    <Frame>
      <p class="eyebrow">Invitations</p>
      <Heading title="Invitations">{title}</Heading>
      <p class="lead">
        Each link belongs to one person, and to the browser that opens it first. Send each by a way that only that
        person reads. The links are shown here and nowhere else.
      </p>
      <ul class="links">
        {call.links.map(({ id, name, link }) => (
          <li key={id} class="link-row">
            <label class="link-name" for={`link-${id}`}>
              {name}
            </label>
            <input
              id={`link-${id}`}
              type="text"
              readOnly
              value={link}
              onFocus={(event) => {
                event.currentTarget.select();
              }}
            />
            <button
              type="button"
              aria-label={`Copy the link for ${name}`}
              onClick={() => {
                copy(name, link);
              }}
            >
              Copy
            </button>
          </li>
        ))}
      </ul>
      <p class="said" aria-hidden="true">
        {said}
      </p>
      <Status text={said} />
      <div class="buttons">
        {call.host_link !== undefined && (
          <a class="button primary" href={call.host_link}>
            Enter the call as host
          </a>
        )}
        <button
          type="button"
          onClick={() => {
            download(call);
          }}
        >
          Download all links (CSV)
        </button>
        <button type="button" class="quiet" onClick={onBack}>
          Back to your calls
        </button>
      </div>
    </Frame>
  );
}

function download(call: Invitations): void {
  const rows = [["id", "name", "link"], ...call.links.map(({ id, name, link }) => [id, name, link])];
  const url = URL.createObjectURL(new Blob([toCsv(rows)], { type: "text/csv;charset=utf-8" }));
  const anchor = document.createElement("a");
  anchor.href = url;
  anchor.download = `invitations-${call.id}.csv`;
  anchor.click();
  URL.revokeObjectURL(url);
}
