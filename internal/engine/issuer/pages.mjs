import { readFileSync } from "node:fs";

const style = readFileSync(new URL("sign-in.css", import.meta.url));

export async function styles(_, response) {
  response.writeHead(200, { "Content-Type": "text/css; charset=utf-8", "Cache-Control": "no-cache" }).end(style);
}

export function send(response, status, html) {
  response.writeHead(status, { "Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store" }).end(html);
}

// refused answers a program or a person with a sentence.
export async function refused(response, status, sentence) {
  response.writeHead(status, { "Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store" }).end(`${sentence}\n`);
}

const escapes = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
const escaped = (text) => String(text).replace(/[&<>"']/g, (character) => escapes[character]);

const icon = (name, drawing) =>
  `<svg class="${name}" viewBox="0 0 16 16" fill="none" stroke="currentColor" stroke-width="1.5" stroke-linecap="round" aria-hidden="true">${drawing}</svg>`;

const waves = icon("waves", `<path d="M1.5 4.5q2.2-2.4 4.3-.6t4.3 0 4.4-.6"/><path d="M2.5 8.6q1.9-2 3.7-.5t3.7 0 2.6-.4" opacity=".7"/>` +
  `<path d="M3.5 12.4q1.6-1.6 3-.4t3 0" opacity=".45"/>`);
const onward = icon("onward", `<path d="m6 3.5 4.5 4.5L6 12.5"/>`);
const banned = icon("banned", `<circle cx="8" cy="8" r="6"/><path d="m3.8 3.8 8.4 8.4"/>`);

const page = (title, content, foot) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${title} · Lethe</title>
<link rel="stylesheet" href="/sign-in.css">
</head>
<body>
<main>
<header><span class="wordmark">${waves}lethe</span><span>local demo</span></header>
<h1>${title}</h1>
${content}
<footer>${foot}</footer>
</main>
</body>
</html>
`;

const initials = (name) => name.split(" ").map((word) => word[0]).join("");

const row = (person) => `<li><button name="subject" value="${escaped(person.subject)}">
<span class="initials" aria-hidden="true">${escaped(initials(person.name))}</span>
<span class="person"><span class="name">${escaped(person.name)}${person.suspended ? `<span class="tag">${banned}Suspended</span>` : ""}</span>
<span class="may">${escaped(person.may)}</span></span>
${onward}</button></li>`;

// choice is the page of a sign-in: a row for each person, and the whole row is the button.
export const choice = (uid, people) => page(
  "Sign in as",
  `<p>No password: this is the demo on your own machine, with invented customers.</p>
<form method="post" action="/sign-in/${escaped(uid)}"><ul>${people.map(row).join("")}</ul></form>`,
  "Outside the demo, this page is your identity provider's.",
);

// explained shows why the dashboard's request was refused. What it says is the library's text, without the request's values.
export function explained(ctx, { error, error_description: description }) {
  ctx.type = "html";
  ctx.body = page(
    "Sign-in isn’t possible",
    `<p>The request to sign in was refused: ${escaped(description ?? error)}.</p>`,
    "Go back to the dashboard and sign in again.",
  );
}

// signOut asks, because any page on this machine may lead here. form is the library's, without a button.
export function askToSignOut(ctx, form) {
  ctx.type = "html";
  ctx.body = page(
    "Sign out?",
    `<p>The next sign-in then asks again who you are.</p>
${form.replace("</form>", `<button class="primary" name="logout" value="yes">Sign out</button></form>`)}`,
    "To stay signed in, go back.",
  );
}

export function signedOut(ctx) {
  ctx.type = "html";
  ctx.body = page("You are signed out", "<p>You can close this page.</p>", "Open the dashboard to sign in again.");
}
