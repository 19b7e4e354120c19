// The bedside over a bad network. What was pressed waits in the memory of this page, never in the browser's storage, and is
// sent again with the identifier of its form until the site has answered. Only the site's answer says that something is done.
const RETRY = 5000, TOO_LONG = 20000, LOOK = 10000;
const unsent = document.getElementById("unsent");
const queue = [];
let sending = false, timer = 0;

addEventListener("beforeunload", (event) => { if (queue.length) event.preventDefault(); });
addEventListener("online", send);

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || !form.dataset.send) return;
  event.preventDefault();
  if (form.inert) return;
  form.inert = true;
  queue.push({ form, url: form.action, body: new URLSearchParams(new FormData(form)), title: form.dataset.send, since: Date.now(), pressed: performance.now(), state: "" });
  send();
}, true);

// How long ago it was pressed: a clock that counts, and beside it the one that goes on while a tablet sleeps.
const ago = (one) => Math.floor(Math.max(performance.now() - one.pressed, Date.now() - one.since, 0) / 1000);

async function send() {
  clearTimeout(timer);
  if (sending || !queue.length) return;
  sending = true;
  const one = queue[0];
  try {
    one.body.set("ago", ago(one));
    const answer = await fetch(one.url, { method: "POST", body: one.body, signal: AbortSignal.timeout(TOO_LONG) });
    const text = await answer.text();
    if (new URL(answer.url).pathname.startsWith("/log-in/")) one.state = "logIn";
    else if (answer.status >= 500) one.state = "again";
    else if (show(text, answer)) queue.shift();
    else one.state = "failed";
  } catch {
    one.state = "again";
  }
  sending = false;
  told();
  if (queue.length) timer = setTimeout(send, RETRY);
}

// Say what waits, since when, and why.
function told() {
  unsent.hidden = !queue.length;
  unsent.replaceChildren(...queue.map((one) => {
    const line = document.createElement("p"), title = document.createElement("strong"), button = document.createElement("button");
    title.textContent = `${unsent.dataset.since} ${new Date(one.since).toTimeString().slice(0, 5)}: ${one.title}`;
    button.textContent = unsent.dataset.again;
    button.type = "button";
    button.addEventListener("click", send);
    line.append(title, " ", { logIn: unsent.dataset.logIn, failed: unsent.dataset.failed }[one.state] ?? "", " ", button);
    if (one.state === "logIn") {
      const link = document.createElement("a");
      [link.href, link.target, link.textContent] = ["/log-in/", "_blank", "→"];
      line.append(" ", link);
    }
    return line;
  }));
  if (queue.length) unsent.append(Object.assign(document.createElement("p"), { textContent: unsent.dataset.keep }));
}

// Put the flow that the site answered with in place of the one before it; false where the answer holds none.
function show(text, answer) {
  const page = new DOMParser().parseFromString(text, "text/html"), flow = page.getElementById("flow");
  if (!flow) return false;
  document.getElementById("flow").replaceWith(document.importNode(flow, true));
  document.title = page.title;
  if (answer.redirected) history.replaceState(null, "", answer.url);
  globalThis.htmx?.process(document.getElementById("flow"));
  begin();
  (document.querySelector("#flow .problem") ?? document.querySelector("#flow input:not([type=hidden])"))?.focus();
  return true;
}

// A scanner ends with Enter: the next scan begins, and nothing is sent by it.
document.addEventListener("keydown", (event) => {
  const here = event.target;
  if (event.key !== "Enter" || !(here instanceof HTMLInputElement) || here.getAttribute("inputmode") !== "none") return;
  event.preventDefault();
  const fields = [...here.form.querySelectorAll("input:not([type=hidden]), select, button.main")];
  fields[fields.indexOf(here) + 1]?.focus();
});

let end = 0;
function begin() {
  const left = document.querySelector("#flow [data-left]");
  end = left ? Date.now() + 1000 * Number(left.dataset.left) : 0;
  count();
}
function count() {
  const left = document.querySelector("#flow [data-left]");
  if (!left) return;
  const seconds = Math.floor((end - Date.now()) / 1000), two = (number) => String(number).padStart(2, "0");
  left.closest(".countdown").classList.toggle("over", seconds <= 0);
  left.textContent = seconds <= 0 ? left.dataset.over : `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}
setInterval(count, 1000);

// While a second person signs elsewhere, look whether the record has it; that keeps nobody logged in.
const isUntouched = (flow) => flow.dataset.look && !queue.length && ![...flow.querySelectorAll("input:not([type=hidden])")].some((one) => one.value);
setInterval(async () => {
  if (!isUntouched(document.getElementById("flow"))) return;
  try {
    const answer = await fetch(location.href, { headers: { "Celltrial-Background": "yes" }, signal: AbortSignal.timeout(TOO_LONG) });
    const text = await answer.text(), flow = document.getElementById("flow");
    const now = new DOMParser().parseFromString(text, "text/html").getElementById("flow");
    if (now && now.dataset.position !== flow.dataset.position && isUntouched(flow)) show(text, answer);
  } catch { /* the network is away; the next look comes */ }
}, LOOK);

begin();
document.querySelector("#flow input[inputmode=none]")?.focus();
